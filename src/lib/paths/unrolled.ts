// Pods that are not replaced (`roll: none`): what keeps one from having a new version, and what proves that it has it.
// UR1. A place that stays as it is while a pod runs is refused, in whichever container it is. Otherwise: the delivery ends as
//      proved, and that container has the old value until somebody restarts it.
// UR2. A file of a Secret has no status in any pod: it is taken for new only when the time has passed within which kubelet renews
//      it, counted from when the Secret was seen new, and the proof is reported as such. All kept by: unrolled.test.ts.

import { Fault } from "../domain/fault.ts";
import { type PodFact, type PodProof, type WorkloadRef, workloadText } from "../domain/workload.ts";
import type { Kept, Sources } from "../kinds/sources.ts";
import type { CopyState, CopyWindow, Published, SeenSession } from "../ports/delivery-path.ts";
import { type Copy, kubeletSeconds, provedByStart, startedWithin } from "./copies.ts";
import { withSessions } from "./sessions.ts";

/** Files of mounted SecretProviderClasses, by the class. */
export interface Files {
	readonly providerClass: string;
	readonly files: readonly string[];
}

/** @returns why pods that go on would never have a new version of these copies and files */
export function neverRenewed(
	ref: WorkloadRef,
	{ kept }: Sources,
	copies: readonly Copy[],
	classes: readonly Files[] = [],
): Fault | undefined {
	if (ref.roll !== "none") return undefined;
	const isCopy = ({ secret, key }: Kept) =>
		copies.some((copy) => copy.secret === secret && (key === undefined || key === copy.key));
	const isFile = ({ providerClass, file }: Kept) =>
		classes.some((one) => one.providerClass === providerClass && (file === undefined || one.files.includes(file)));
	const found = kept.find((one) => isCopy(one) || isFile(one));
	return found && new Fault("never-renewed", { workload: workloadText(ref), place: found.place });
}

export interface Asked {
	readonly pods: readonly PodFact[];
	readonly published: readonly Published[];
	readonly windows: readonly CopyWindow[];
	readonly sessions?: (() => Promise<readonly SeenSession[]>) | undefined;
	readonly now: Date;
}

/** What pods prove that take the value from Secrets alone: by their start, or by the interval where none is replaced. */
export async function provedBySecrets(
	{ roll }: WorkloadRef,
	copy: CopyState,
	copies: readonly Copy[],
	{ pods, published, windows, sessions, now }: Asked,
): Promise<PodProof[]> {
	if (roll !== "none") return provedByStart(pods, copy, copies, published, windows);
	const [managed] = published;
	const proofs = pods.map((pod): PodProof => {
		const isNew = startedWithin(pod, windows);
		const late = isNew ? undefined : lacksInterval(windows, kubeletSeconds, now);
		const detail = copy.state === "stale" ? copy.waitingFor : late;
		const proof = { pod: pod.name, ready: pod.ready };
		if (detail !== undefined) return { ...proof, proved: false, detail };
		const version = managed && { version: managed.version };
		return { ...proof, proved: true, ...version, ...(!isNew && byInterval(kubeletSeconds)) };
	});
	return withSessions(proofs, pods, windows, sessions);
}

export const byInterval = (intervalSeconds: number) => ({ provedBy: "interval" as const, intervalSeconds });

/** @returns until when to wait; nothing where the copy has been new for so long */
export function lacksInterval(windows: readonly CopyWindow[], seconds: number, now: Date): string | undefined {
	const open = windows.filter(({ until }) => until === undefined).map(({ since }) => Date.parse(since));
	const over = Math.min(...open) + seconds * 1000;
	if (now.getTime() >= over) return undefined;
	const until = Number.isFinite(over) ? `, until ${new Date(over).toISOString()}` : "";
	return `it may have the value from before for ${seconds} s after the copy became new${until}`;
}
