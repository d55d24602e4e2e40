// Stands in for the Logs Ingestion API of one data collection rule, strict where the real one is, and in one more thing.
// LI1. A row has the stream's columns, each of its type, and no others. The real one drops what it does not know, without a
//      word: here that would let a head lose its signature. Kept by: head-store.test.ts.
// LI2. Only a caller that was granted the rule, with a token for Azure Monitor, gets a row in. Otherwise: the adapter
//      is proved without the right that Azure asks for.
import { gunzipSync } from "node:zlib";
import type { Claims, Identity } from "../../packages/identity/index.ts";
import { type Answer, type Faults, faults, type Request, serve } from "../../packages/loopback/index.ts";

const audience = "https://monitor.azure.com";
/** Of one call, as it was before it was compressed. */
const mostBytes = 1_048_576;

/** The table of signed heads. */
const columns: Readonly<Record<string, "datetime" | "string" | "long">> = {
	TimeGenerated: "datetime",
	Log: "string",
	Seq: "long",
	Hash: "string",
	Key: "string",
	Jws: "string",
};

export type Row = Readonly<Record<string, unknown>>;

export interface LogsIngestion extends AsyncDisposable {
	/** What an app has to know. */
	readonly target: { readonly endpoint: string; readonly ruleId: string; readonly stream: string };
	/** Monitoring Metrics Publisher on the rule. @returns a function that takes it back */
	grant(objectId: string): () => void;
	/** What got in, in the order of its arrival. */
	readonly rows: readonly Row[];
	readonly faults: Faults;
}

/** @see https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview */
export const startLogsIngestion = async (options: {
	identity: Identity;
	/** The SDK sends a token over TLS only, to loopback too. */
	tls: { cert: string; key: string };
}): Promise<LogsIngestion> => {
	const { identity, tls } = options;
	const [ruleId, stream] = [`dcr-${"0123456789abcdef".repeat(2)}`, "Custom-AuditHeads_CL"];
	const granted = new Set<string>();
	const rows: Row[] = [];
	const injected = faults();

	const answer = async (request: Request): Promise<Answer> => {
		const caller = await callerOf(identity, request);
		if (!caller) return refused(401, "InvalidToken", "The authentication token provided is not valid.");
		const [, rule, name] = /^\/dataCollectionRules\/([^/]+)\/streams\/([^/]+)$/.exec(request.path) ?? [];
		if (request.method !== "POST" || !rule) return refused(404, "NotFound", "There is nothing at this address.");
		if (request.url.searchParams.get("api-version") !== "2023-01-01") {
			return refused(400, "InvalidApiVersion", "The api-version is not supported.");
		}
		if (rule !== ruleId) return refused(404, "NotFound", `Data collection rule with immutable Id '${rule}' not found.`);
		if (!granted.has(caller.oid)) {
			const message = `The authentication token provided does not have access to ingest data for the data collection rule with immutable Id '${rule}'.`;
			return refused(403, "OperationFailed", message);
		}
		if (name !== stream) {
			return refused(400, "InvalidStream", `The stream ${name} was not configured for the data collection rule.`);
		}
		if (request.headers["content-type"]?.split(";")[0] !== "application/json") {
			return refused(415, "UnsupportedMediaType", "The content type must be application/json.");
		}
		const content = request.headers["content-encoding"] === "gzip" ? gunzipSync(request.bytes) : request.bytes;
		if (content.length > mostBytes) return refused(413, "ContentLengthLimitExceeded", "A call may have 1 MB.");
		const given = arrayIn(content.toString());
		if (!given) return refused(400, "InvalidRequest", "The body is no JSON array of objects.");
		const wrong = given.map(flawOf).find((flaw) => flaw !== undefined);
		if (wrong !== undefined) return refused(400, "InvalidRecord", wrong);
		rows.push(...given);
		return { status: 204 };
	};

	const server = await serve({
		tls,
		faults: injected,
		answer,
		refuse: ({ status, code }) => refused(status, code ?? "InjectedFault", "A fault was injected."),
	});
	return {
		target: { endpoint: server.url, ruleId, stream },
		grant(objectId) {
			granted.add(objectId);
			return () => void granted.delete(objectId);
		},
		rows,
		faults: injected,
		[Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
	};
};

const callerOf = async (identity: Identity, { headers }: Request): Promise<Claims | undefined> => {
	const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
	return identity.verify(token, audience).catch(() => undefined);
};

const arrayIn = (text: string): Row[] | undefined => {
	try {
		const value: unknown = JSON.parse(text);
		const isRow = (each: unknown) => typeof each === "object" && each !== null && !Array.isArray(each);
		return Array.isArray(value) && value.every(isRow) ? value : undefined;
	} catch {
		return undefined;
	}
};

const flawOf = (row: Row): string | undefined => {
	const unknown = Object.keys(row).find((name) => !Object.hasOwn(columns, name));
	if (unknown !== undefined) return `The stream has no column ${unknown}.`;
	for (const [name, type] of Object.entries(columns)) if (!isOfType(row[name], type)) return `${name} is no ${type}.`;
	return undefined;
};

const isOfType = (value: unknown, type: "datetime" | "string" | "long"): boolean => {
	if (type === "long") return Number.isSafeInteger(value);
	return typeof value === "string" && (type === "string" || !Number.isNaN(Date.parse(value)));
};

const refused = (status: number, code: string, message: string): Answer => ({
	status,
	json: { error: { code, message } },
});
