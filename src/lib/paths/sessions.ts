// Sessions of the role whose password was published, held against the pods that opened them.
// PSE1. An application is said to use the version only where a session of its own pod has begun since the publication.
//       Otherwise: a file that nobody reads passes for a password in use. Kept by: unrolled.test.ts, workload-identity.test.ts.

import type { PodFact, PodProof } from "../domain/workload.ts";
import type { CopyWindow, SeenSession } from "../ports/delivery-path.ts";

/** By how much the clocks of the vault and of the nodes may differ from the app's. */
const clocksMs = 5_000;

/** Of the sessions with the pod's name, has one begun since the publication? A pod before this one may have had its name, and sessions. */
export function lacksSession(
	{ name, startedAt }: PodFact,
	seen: readonly SeenSession[],
	windows: readonly CopyWindow[],
): string | undefined {
	const own = seen.filter(({ application }) => application === name);
	const published = Math.min(...windows.map(({ since }) => Date.parse(since)));
	const from = Math.max(published, Date.parse(startedAt) - clocksMs);
	if (own.some(({ since }) => since !== undefined && Date.parse(since) >= from)) return undefined;
	if (own.length === 0) return "the server has no session with this pod's name as its application_name";
	return own.some(({ since }) => since === undefined)
		? "the server does not show when this pod's sessions began"
		: `the sessions with this pod's name began before its container or the publication did, at ${new Date(from).toISOString()}`;
}

/** A file proves that it is there; a session of the pod since then proves that it is used. */
export async function withSessions(
	proofs: readonly PodProof[],
	pods: readonly PodFact[],
	windows: readonly CopyWindow[],
	sessions: (() => Promise<readonly SeenSession[]>) | undefined,
): Promise<PodProof[]> {
	const isUnseen = ({ proved, provedBy }: PodProof) => proved && (provedBy === "file" || provedBy === "interval");
	if (!sessions || !proofs.some(isUnseen)) return [...proofs];
	const seen = await sessions();
	return proofs.map((proof, at) => {
		const pod = pods[at];
		if (!pod || !isUnseen(proof) || lacksSession(pod, seen, windows) !== undefined) return proof;
		const { intervalSeconds: _, ...rest } = proof;
		return { ...rest, provedBy: "session" };
	});
}
