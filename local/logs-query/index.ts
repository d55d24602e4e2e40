// Stands in for the query API of a Log Analytics workspace.
// LQ1. It answers the query that `audit:verify` sends, and refuses every other one as the real one refuses what it cannot parse.
//      Otherwise: a query that means something else is proved with an answer made up for it. Kept by: head-store.test.ts.
// LQ2. Only a caller that may read the workspace, with a token for Log Analytics, gets an answer.
// @see https://learn.microsoft.com/azure/azure-monitor/logs/api/overview

import type { Identity } from "../../packages/identity/index.ts";
import { type Answer, type Faults, faults, type Request, serve } from "../../packages/loopback/index.ts";
import type { Row } from "../logs-ingestion/index.ts";

const audience = "https://api.loganalytics.io";
const columns = [
	{ name: "TimeGenerated", type: "datetime" },
	{ name: "Log", type: "string" },
	{ name: "Seq", type: "long" },
	{ name: "Hash", type: "string" },
	{ name: "Key", type: "string" },
	{ name: "Jws", type: "string" },
];
const query = /^(\w+)(?: \| where Log in \((".*")\))? \| project TimeGenerated, Log, Seq, Hash, Key, Jws$/;

export interface LogsQuery extends AsyncDisposable {
	/** What `--copy` takes. */
	readonly workspaceUrl: string;
	/** Log Analytics Reader on the workspace. @returns a function that takes it back */
	grant(objectId: string): () => void;
	readonly faults: Faults;
	/** The answer says that it is not the whole. */
	cutShort: boolean;
}

export const startLogsQuery = async (options: {
	identity: Identity;
	tls: { cert: string; key: string };
	table: string;
	rows: readonly Row[];
}): Promise<LogsQuery> => {
	const { identity, tls, table, rows } = options;
	const workspace = "0a1b2c3d-0000-4000-8000-00000000abcd";
	const granted = new Set<string>();
	const injected = faults();
	const state = { cutShort: false };

	const answer = async ({ method, path, headers, body, url }: Request): Promise<Answer> => {
		const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
		const caller = await identity.verify(token, audience).catch(() => undefined);
		if (!caller) return refused(401, "InvalidTokenError", "The authentication token is not valid.");
		if (method !== "POST" || path !== `/v1/workspaces/${workspace}/query`) {
			return refused(404, "WorkspaceNotFoundError", "The workspace could not be found.");
		}
		if (url.search !== "" || headers["content-type"]?.split(";")[0] !== "application/json") {
			return refused(400, "BadArgumentError", "The request had some invalid properties.");
		}
		if (!granted.has(caller.oid))
			return refused(403, "InsufficientAccessError", "The provided credentials have insufficient access.");
		const asked = JSON.parse(body) as { query?: string; timespan?: string };
		const [, from, logs] = query.exec(asked.query ?? "") ?? [];
		if (from !== table || !/^\S+\/\S+$/.test(asked.timespan ?? ""))
			return refused(400, "BadArgumentError", "The query could not be parsed.");
		const wanted: string[] | undefined = logs === undefined ? undefined : JSON.parse(`[${logs}]`);
		const found = rows.filter(({ Log }) => !wanted || wanted.includes(String(Log)));
		const values = found.map((row) => columns.map(({ name }) => row[name]));
		const error = { code: "PartialError", message: "There were some errors when processing your query." };
		return {
			status: 200,
			json: { tables: [{ name: "PrimaryResult", columns, rows: values }], ...(state.cutShort && { error }) },
		};
	};

	const server = await serve({
		tls,
		faults: injected,
		answer,
		refuse: ({ status, code }) => refused(status, code ?? "InjectedFault", "A fault was injected."),
	});
	return {
		workspaceUrl: `${server.url}/v1/workspaces/${workspace}`,
		grant(objectId) {
			granted.add(objectId);
			return () => void granted.delete(objectId);
		},
		faults: injected,
		get cutShort() {
			return state.cutShort;
		},
		set cutShort(value) {
			state.cutShort = value;
		},
		[Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
	};
};

const refused = (status: number, code: string, message: string): Answer => ({
	status,
	json: { error: { code, message } },
});
