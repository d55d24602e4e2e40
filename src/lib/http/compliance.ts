// The last sweep's report, and what the one that is under way, or was cut short, has judged; with what an auditor and the page look
// for first: what is overdue, what is exempt, and the recent trend.

import { complianceNow } from "../compliance/report.ts";
import { overviewOf } from "../domain/evidence/overview.ts";
import type { Declared } from "../domain/evidence/statement.ts";
import { Fault } from "../domain/fault.ts";
import { handle, reply } from "./handle.ts";

const trendMs = 90 * 86_400_000;

/** `GET /api/compliance` */
export const showCompliance = handle("showCompliance", async (_asked, { ports }) => {
	const records = await ports.records();
	const report = await complianceNow(records);
	if (report === undefined) throw new Fault("report-missing", { report: "compliance report" });
	const now = ports.clock.now();
	// A report is shown whatever has become of the configuration since: `GET /api/health` shows that.
	const declared: Declared = await ports.configuration().then(
		({ config }) => config,
		() => ({ policyClasses: {}, exemptions: [], secrets: {} }),
	);
	const trend = await records.reportCounts(new Date(now.getTime() - trendMs));
	return reply(200, { ...report, ...overviewOf(report.secrets, declared, now), trend });
});
