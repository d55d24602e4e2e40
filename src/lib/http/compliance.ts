// The last sweep's report.

import { Fault } from "../domain/fault.ts";
import { type Handler, json, readable } from "./answer.ts";

/** `GET /api/compliance` */
export const showCompliance: Handler = readable(async (_request, { ports }) => {
	const records = await ports.records();
	const report = await records.lastReport();
	if (report === undefined) throw new Fault("report-missing", { report: "compliance report" });
	return json(200, report);
});
