// Signed heads into a table of Log Analytics, by the Logs Ingestion API: a store that a storage account's owner cannot touch.
// HL1. A head is written, never read: reading needs another right, which is the auditor's.
// HL2. Columns: TimeGenerated (when it was signed), Log, Seq, Hash, Key, Jws. Kept by: head-store.test.ts and the
//      stand-in, which refuses what the stream does not declare. Changing one changes the table.

import type { TokenCredential } from "@azure/identity";
import { isAggregateLogsUploadError, LogsIngestionClient } from "@azure/monitor-ingestion";
import { Fault } from "../../domain/fault.ts";
import type { SignedHead } from "../../domain/head.ts";
import type { HeadStore } from "../../ports/audit-head.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import { orFault } from "../identity/credential.ts";

export interface LogsTarget {
	/** Of the data collection endpoint or rule: `https://<name>.<region>.ingest.monitor.azure.com`. */
	readonly endpoint: string;
	/** Immutable id of the data collection rule: `dcr-...`. */
	readonly ruleId: string;
	/** `Custom-<table>_CL` */
	readonly stream: string;
}

type Policy = NonNullable<
	NonNullable<ConstructorParameters<typeof LogsIngestionClient>[2]>["additionalPolicies"]
>[number]["policy"];

export function logsHeadStore(
	options: LogsTarget & { readonly credential: TokenCredential; readonly perform?: Perform },
): HeadStore {
	const { endpoint, ruleId, stream, credential, perform = directly } = options;
	const seam: Policy = {
		name: "titanic-effect",
		sendRequest: (request, next) => perform(`logs ${request.method} ${stream}`, () => next(request)),
	};
	const client = new LogsIngestionClient(endpoint, orFault(credential, "https://monitor.azure.com", perform), {
		additionalPolicies: [{ policy: seam, position: "perRetry" }],
		// Few and short: the orchestration retries too.
		retryOptions: { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000 },
	});
	return {
		async append(signed) {
			try {
				await client.upload(ruleId, stream, [rowOf(signed)], { abortSignal: AbortSignal.timeout(30_000) });
			} catch (error) {
				const cause = isAggregateLogsUploadError(error) ? error.errors[0]?.cause : error;
				throw asFault(cause, `${endpoint} ${stream}`);
			}
		},
	};
}

const rowOf = ({ head, key, jws }: SignedHead) => ({
	TimeGenerated: head.time,
	Log: head.log,
	Seq: head.seq,
	Hash: head.hash,
	Key: key,
	Jws: jws,
});

function asFault(error: unknown, store: string): Fault {
	if (error instanceof Fault) return error;
	const { statusCode, code } = error as { statusCode?: number; code?: string };
	if (statusCode === 401 || statusCode === 403) return new Fault("heads-forbidden", { store, right: "send to" }, error);
	if (statusCode === 400 || statusCode === 404 || statusCode === 413) {
		const detail = /^\w{1,60}$/.test(code ?? "") ? `it answers ${statusCode} ${code}` : `it answers ${statusCode}`;
		return new Fault("heads-rejected", { store, detail }, error);
	}
	return new Fault("heads-unavailable", { store }, error);
}
