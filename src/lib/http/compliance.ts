// The last sweep's report, and what the one that is under way, or was cut short, has judged.

import { complianceNow } from "../compliance/report.ts";
import { Fault } from "../domain/fault.ts";
import { type Handler, json, readable } from "./answer.ts";

/** `GET /api/compliance` */
export const showCompliance: Handler = readable(async (_request, { ports }) => {
	const report = await complianceNow(await ports.records());
	if (report === undefined) throw new Fault("report-missing", { report: "compliance report" });
	return json(200, report);
});
