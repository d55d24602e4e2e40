// The app settings (environment): where the configuration, the audit log and the records are, and whose tokens are
// accepted. They are apart from the configuration file so that a broken file can still be audited and reported.

import * as z from "zod";
import { Fault } from "../domain/fault.ts";
import { isLoopback } from "./configuration.ts";

const url = z.string({ error: "is missing; give an https URL" }).refine(
	(value) => {
		const parsed = URL.parse(value);
		return (
			parsed !== null && (parsed.protocol === "https:" || (parsed.protocol === "http:" && isLoopback(parsed.hostname)))
		);
	},
	{ error: "is not an https URL (http only for loopback)" },
);

export const Settings = z.object({
	ROTATION_CONFIG_FILE: z
		.string()
		.min(1)
		.default("rotation.config.yaml")
		.describe("Path of the configuration, from the app's folder."),
	AUDIT_CONTAINER_URL: url.describe("Blob container of the audit log: append blobs."),
	RECORDS_CONTAINER_URL: url.describe("Blob container of rotation records and compliance reports."),
	OPERATORS_ISSUER: z
		.string({ error: "is missing; give the issuer of operators' tokens" })
		.min(1)
		.describe("Issuer of operators' tokens: https://login.microsoftonline.com/<tenant>/v2.0"),
	OPERATORS_AUDIENCE: z
		.string({ error: "is missing; give the app registration's client id or URI" })
		.min(1)
		.describe("Audience of operators' tokens: the app registration."),
	OPERATORS_JWKS_URL: url.describe(
		"Their signing keys: https://login.microsoftonline.com/<tenant>/discovery/v2.0/keys",
	),
	SWEEP_SCHEDULE: z.string().default("0 0 6 * * *").describe("NCRONTAB of the compliance sweep, UTC."),
	AZURE_CLIENT_ID: z.string().optional().describe("Client id of the user-assigned identity, where there is one."),
});
export type Settings = z.infer<typeof Settings>;

/** @throws Fault `setting-invalid`, naming the setting, never its value */
export function settingsFrom(environment: Readonly<Record<string, string | undefined>>): Settings {
	const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
	const parsed = Settings.safeParse(given);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0]!;
	throw new Fault("setting-invalid", { setting: String(issue.path[0]), detail: issue.message });
}

/** For registration, where no other setting may be asked for: nothing is registered when that throws. */
export const sweepScheduleOf = (environment: Readonly<Record<string, string | undefined>>): string =>
	Settings.shape.SWEEP_SCHEDULE.parse(environment.SWEEP_SCHEDULE || undefined);
