// Whether the service is whole: by logins, by its pods and by its log, from outside.

import { prove } from "../proof.ts";
import type { Stack } from "../stack.ts";
import type { Verdict } from "./drill.ts";

/** @param old a value that must open nothing; absent where none was replaced */
export async function whole(stack: Stack, old?: string): Promise<readonly Verdict[]> {
	const { publishedLogsIn, derivedLogsIn, oldIsRefused, pods, audit, leaks } = await prove(stack, old);
	const version = stack.vault.owner.get("db-password")?.version;
	const answer = await fetch(`${stack.service.url}/health/ready`);
	return [
		{ says: "the live password logs in", holds: publishedLogsIn },
		{ says: "the derived connection string logs in", holds: derivedLogsIn },
		...(old === undefined ? [] : [{ says: "the password before it is refused", holds: oldIsRefused }]),
		{
			says: `each of ${pods.length} pods is ready with the live version`,
			holds: pods.length > 0 && pods.every((pod) => pod.ready && pod.version === version),
		},
		{ says: "titanic-api answers", holds: answer.ok },
		{
			says: "the audit log is whole, and every intent has its outcome",
			holds: audit.verified && audit.openIntents === 0,
		},
		{ says: "no secret was found where none belongs", holds: leaks.length === 0 },
	];
}
