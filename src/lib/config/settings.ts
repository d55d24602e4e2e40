// The app settings (environment): where the configuration, the audit log and the records are, and whose tokens are
// accepted. They are apart from the configuration file so that a broken file can still be audited and reported.

import * as z from "zod";
import { Fault } from "../domain/fault.ts";
import { isLoopback } from "./fields.ts";

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
	ROTATION_CONFIG_CONTAINER_URL: url
		.optional()
		.describe(
			"Blob container that holds the configuration instead of the app's folder: ROTATION_CONFIG_FILE is a blob's name there, and a change is in force within a minute. The app may read it, and only people and pipelines that may change what is rotated write it.",
		),
	AUDIT_CONTAINER_URL: url.describe("Blob container of the audit log: append blobs."),
	AUDIT_SIGNING_KEY_URL: url
		.refine((value) => /^\/keys\/[0-9a-zA-Z-]{1,127}(\/[0-9a-f]{32})?$/.test(URL.parse(value)?.pathname ?? ""), {
			error: "is not https://<vault>.vault.azure.net/keys/<name>",
		})
		.optional()
		.describe(
			"Key Vault key that signs the audit log's head: `https://<vault>.vault.azure.net/keys/<name>`, EC on P-256. Without it the compliance report says `head-unsigned`.",
		),
	AUDIT_COPY_CONTAINER_URL: url
		.optional()
		.describe(
			"Second store of the signed heads: a blob container in an account that others own. Without one, or the next three, the compliance report says `head-uncopied`.",
		),
	AUDIT_COPY_LOGS_ENDPOINT: url
		.refine((value) => value.startsWith("https:"), {
			error: "is not an https URL; its client sends a token to no other",
		})
		.optional()
		.describe("Second store of the signed heads: logs ingestion endpoint of a data collection rule."),
	AUDIT_COPY_LOGS_RULE_ID: z
		.string()
		.regex(/^dcr-[0-9a-f]{32}$/, { error: "is not the immutable id of a data collection rule, dcr-..." })
		.optional()
		.describe("Immutable id of that rule: `dcr-...`."),
	AUDIT_COPY_LOGS_STREAM: z
		.string()
		.regex(/^Custom-[\w-]{1,100}$/, { error: "is not the name of a stream, Custom-..." })
		.optional()
		.describe("Its stream: `Custom-<table>_CL`, with the columns TimeGenerated, Log, Seq, Hash, Key and Jws."),
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
	PAGE_CLIENT_ID: z
		.string()
		.regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, {
			error: "is not an application's client id, a GUID",
		})
		.optional()
		.describe(
			"App registration by which people sign in on the page: it has the app's address with `/` at its end as a redirect URI of a single-page application. Without it the page says that nobody can sign in.",
		),
	PAGE_AUTHORITY_URL: url
		.optional()
		.describe(
			"Where they sign in: https://login.microsoftonline.com/<tenant>. Default: OPERATORS_ISSUER without `/v2.0`.",
		),
	APP_URL: url
		.transform((value) => value.replace(/\/+$/, ""))
		.optional()
		.describe("Where people reach the app: notifications link there. Default: the name that the platform gave it."),
	SWEEP_SCHEDULE: z.string().default("0 0 6 * * *").describe("NCRONTAB of the compliance sweep, UTC."),
	OTEL_EXPORTER_OTLP_ENDPOINT: z
		.string()
		.refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? "") && !/^https?:\/\/[^/]*@/.test(value), {
			error: "is not an http or https URL without a user in it",
		})
		.optional()
		.describe(
			"OpenTelemetry collector that takes OTLP over HTTP, https://... (http only inside your own network): it gets traces and metrics, with the names of secrets and never a value. Without it nothing is sent, and nothing of OpenTelemetry is loaded.",
		),
	AZURE_CLIENT_ID: z.string().optional().describe("Client id of the user-assigned identity, where there is one."),
});
export type Settings = z.infer<typeof Settings>;

/** @throws Fault `setting-invalid`, naming the setting, never its value; also while NODE_DEBUG is set */
export function settingsFrom(environment: Readonly<Record<string, string | undefined>>): Settings {
	if (environment.NODE_DEBUG) {
		// What Node.js then prints of http, net, tls and stream has tokens in it, and nobody between can take them out.
		const detail = "is set, and makes Node.js write tokens and secrets to the log; remove it";
		throw new Fault("setting-invalid", { setting: "NODE_DEBUG", detail });
	}
	const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
	const parsed = Settings.safeParse(given);
	if (parsed.success) return copyChecked(parsed.data);
	const issue = parsed.error.issues[0]!;
	throw new Fault("setting-invalid", { setting: String(issue.path[0]), detail: issue.message });
}

/** For registration, where no other setting may be asked for: nothing is registered when that throws. */
export const sweepScheduleOf = (environment: Readonly<Record<string, string | undefined>>): string =>
	Settings.shape.SWEEP_SCHEDULE.parse(environment.SWEEP_SCHEDULE || undefined);

/** @returns `undefined` where nobody says what the app is called */
export function appUrlOf(environment: Readonly<Record<string, string | undefined>>): string | undefined {
	const { APP_URL, WEBSITE_HOSTNAME } = environment;
	const given = Settings.shape.APP_URL.safeParse(APP_URL || undefined).data;
	return given ?? (WEBSITE_HOSTNAME ? `https://${WEBSITE_HOSTNAME}` : undefined);
}

const logsSettings = ["AUDIT_COPY_LOGS_ENDPOINT", "AUDIT_COPY_LOGS_RULE_ID", "AUDIT_COPY_LOGS_STREAM"] as const;

/** The second store is one of two kinds, whole, and not the log's own container. */
function copyChecked(settings: Settings): Settings {
	const given = logsSettings.filter((name) => settings[name] !== undefined);
	const missing = logsSettings.find((name) => settings[name] === undefined);
	const { AUDIT_COPY_CONTAINER_URL: container, AUDIT_CONTAINER_URL: log } = settings;
	const wrong = (setting: string, detail: string) => new Fault("setting-invalid", { setting, detail });
	if (given.length > 0 && missing !== undefined) throw wrong(missing, `is missing, and ${given[0]} is given`);
	if (given.length > 0 && container !== undefined) {
		throw wrong("AUDIT_COPY_CONTAINER_URL", "is given besides AUDIT_COPY_LOGS_ENDPOINT; there is one second store");
	}
	if (container !== undefined && placeOf(container) === placeOf(log)) {
		throw wrong("AUDIT_COPY_CONTAINER_URL", "is the audit log's own container");
	}
	return settings;
}

const placeOf = (container: string): string => {
	const { host, pathname } = new URL(container);
	return host + pathname.replace(/\/$/, "");
};
