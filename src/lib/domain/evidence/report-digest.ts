// What the log says of a sweep's report.

import { createHash } from "node:crypto";
import { canonical } from "../audit-record.ts";
import type { ComplianceReport } from "../compliance.ts";

/** Without its problems: one may be added once the report is on the log. @returns SHA-256, hex */
export const reportDigest = ({ problems: _, ...report }: ComplianceReport): string =>
	createHash("sha256")
		.update(canonical(JSON.parse(JSON.stringify(report))))
		.digest("hex");
