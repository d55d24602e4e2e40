// Signed heads out of a table of Log Analytics, for anyone who audits: `audit:verify` alone reads them.
// HR1. An incomplete answer is none. Otherwise: the heads that it lacks are the ones that matter. Kept by:
//      head-store.test.ts.

import type { TokenCredential } from "@azure/identity";
import { LogsQueryClient } from "@azure/monitor-query-logs";
import { Fault } from "../../domain/fault.ts";
import { orFault } from "../identity/credential.ts";

export interface Workspace {
	/** `https://api.loganalytics.azure.com/v1/workspaces/<workspace id>` */
	readonly workspaceUrl: string;
	/** `AuditHeads_CL` */
	readonly table: string;
	/** Only heads of this log, under each name that it may have there; absent: all. */
	readonly logs?: readonly string[];
	readonly credential: TokenCredential;
}

const form = /^\/v1\/workspaces\/([0-9a-f-]{36})(?:\/query)?\/?$/i;

/**
 * @returns rows with the columns of heads.ts
 * @throws Fault `heads-forbidden`, `heads-rejected`, `heads-unavailable`, `token-unavailable`
 */
export async function headRows({
	workspaceUrl,
	table,
	logs,
	credential,
}: Workspace): Promise<Record<string, unknown>[]> {
	const { origin, pathname } = new URL(workspaceUrl);
	const [, id = ""] = form.exec(pathname) ?? [];
	const store = `${origin}/v1/workspaces/${id} ${table}`;
	const client = new LogsQueryClient(orFault(credential, "https://api.loganalytics.io"), {
		endpoint: `${origin}/v1`,
		additionalPolicies: [{ policy: patience, position: "perRetry" }],
		retryOptions: { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000 },
	});
	const only = logs ? ` | where Log in (${logs.map((log) => JSON.stringify(log)).join(", ")})` : "";
	const query = `${table}${only} | project TimeGenerated, Log, Seq, Hash, Key, Jws`;
	const span = { startTime: new Date("2020-01-01T00:00:00Z"), endTime: new Date(Date.now() + 86_400_000) };
	const answer = await client.queryWorkspace(id, query, span).catch((error) => {
		throw asFault(error, store);
	});
	if (answer.status !== "Success") {
		throw new Fault("heads-rejected", { store, detail: "it answers with a part of the heads only" });
	}
	return answer.tables.flatMap(({ columnDescriptors, rows }) =>
		rows.map((row) => Object.fromEntries(columnDescriptors.map(({ name }, at) => [name ?? "", cellOf(row[at])]))),
	);
}

type Policy = NonNullable<
	NonNullable<ConstructorParameters<typeof LogsQueryClient>[1]>["additionalPolicies"]
>[number]["policy"];

/** For one request. The SDK's own time limit leaves its timer running after a failure, and so the command. */
const patience: Policy = {
	name: "patience",
	sendRequest(request, next) {
		request.abortSignal = AbortSignal.timeout(60_000);
		return next(request);
	},
};

const cellOf = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : value);

function asFault(error: unknown, store: string): Fault {
	if (error instanceof Fault) return error;
	const { statusCode, status } = error as { statusCode?: number; status?: number | string };
	const code = Number(statusCode ?? status);
	if (code === 401 || code === 403) return new Fault("heads-forbidden", { store, right: "read" }, error);
	if (code === 400 || code === 404) return new Fault("heads-rejected", { store, detail: `it answers ${code}` }, error);
	return new Fault("heads-unavailable", { store }, error);
}
