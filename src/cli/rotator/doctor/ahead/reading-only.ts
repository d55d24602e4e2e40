// A cluster of which objects are read, and no Secrets: their values come with them. Nothing is sent that writes, not even a dry run.
// RDA3. It goes by the verb and the resource that each call names for its fault. Kept by: doctor-ahead.test.ts, on a cluster that
//       notes what it is asked.

import type { ClusterClient } from "../../../../lib/adapters/kubernetes/client.ts";

type Call = Parameters<ClusterClient["call"]>[0];

/** @returns `withheld`: what was not asked for, as words; filled as the client is used */
export function readingOnly(client: ClusterClient): {
	readonly client: ClusterClient;
	readonly withheld: readonly string[];
} {
	const withheld: string[] = [];
	const isAsked = ({ verb, resource, namespace, name }: Call): boolean => {
		if (["get", "list"].includes(verb) && resource !== "secrets") return true;
		withheld.push(
			resource === "secrets"
				? `Secret ${[namespace, name].filter(Boolean).join("/")}, whose values come with it,`
				: `A rehearsal (${verb} ${resource})`,
		);
		return false;
	};
	const ask =
		(send: "call" | "find"): ClusterClient["find"] =>
		async (target, act) =>
			isAsked(target) ? client[send](target, act) : undefined;
	return {
		withheld,
		client: {
			...client,
			// What rehearses takes no answer.
			call: ask("call") as ClusterClient["call"],
			find: ask("find"),
		},
	};
}
