// The last sweep's report, and what the one that is under way, or was cut short, has judged.

import { complianceNow } from "../compliance/report.ts";
import { Fault } from "../domain/fault.ts";
import { handle, reply } from "./handle.ts";

/** `GET /api/compliance` */
export const showCompliance = handle("showCompliance", async (_asked, { ports }) => {
	const report = await complianceNow(await ports.records());
	if (report === undefined) throw new Fault("report-missing", { report: "compliance report" });
	return reply(200, report);
});
