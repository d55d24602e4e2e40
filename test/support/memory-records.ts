// The record store in memory, under the same contract suite as the one on block blobs.

import type { Announced } from "../../src/lib/domain/announced.ts";
import { type Approval, lineOf } from "../../src/lib/domain/approval.ts";
import type { LastBackup } from "../../src/lib/domain/backup.ts";
import { type ComplianceReport, countsOf, type SweepId, type Swept } from "../../src/lib/domain/compliance.ts";
import { endedRunOf, latestFirst } from "../../src/lib/domain/ended-run.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import type { StoredFreeze } from "../../src/lib/domain/freeze.ts";
import { secretOfRotation } from "../../src/lib/domain/ids.ts";
import { isRealRun, type RotationStatus, reachedConsumers } from "../../src/lib/domain/rotation.ts";
import type { LastSwitch, RecordStore } from "../../src/lib/ports/record-store.ts";
import type { Hooks } from "./hooks.ts";

export interface MemoryRecords extends RecordStore {
	/** No call gets through. @returns a function that restores it */
	cut(): () => void;
}

const endOf = ({ endedAt, requestedAt }: RotationStatus): number => Date.parse(endedAt ?? requestedAt);

/** Effects: `records rotation`, `records report`, `records swept`, `records mark`, `records unmark`, `records cancel`, `records approval`, `records freezes`. */
export function memoryRecords({
	hooks = {},
	now = () => new Date(),
}: {
	hooks?: Hooks;
	now?: () => Date;
} = {}): MemoryRecords {
	// As JSON: like the real one it neither shares objects with its callers nor keeps what JSON does not have.
	const rotations = new Map<string, string>();
	const last = new Map<string, string>();
	const run = new Map<string, string>();
	const delivered = new Map<string, string>();
	const switches = new Map<string, LastSwitch & { mark: string }>();
	let marks = 0;
	let report: string | undefined;
	const reports: ComplianceReport[] = [];
	const configurations = new Map<string, string>();
	const evidence = new Map<string, string>();
	const backups = new Map<string, string>();
	const cancelled = new Set<string>();
	const approvals = new Map<string, string>();
	let freezes = "[]";
	const places = new Map<string, string>();
	const pages: string[] = [];
	let swept: { sweep: SweepId; pages: number } | undefined;
	let isCut = false;
	const look = <T>(text: string | undefined): T | undefined => {
		if (isCut) throw new Fault("records-unavailable", { store: "memory" });
		return text === undefined ? undefined : JSON.parse(text);
	};
	const replace = (newest: Map<string, string>, status: RotationStatus) => {
		const before = look<RotationStatus>(newest.get(status.secret));
		const isEarlier = before && before.rotationId !== status.rotationId && endOf(before) > endOf(status);
		if (!isEarlier) newest.set(status.secret, JSON.stringify(status));
	};
	const change = async (effect: string, make: () => void) => {
		await hooks.before?.(effect);
		if (isCut) throw new Fault("records-unavailable", { store: "memory" });
		make();
		await hooks.after?.(effect);
	};
	let announced: string | undefined;
	return {
		cut() {
			isCut = true;
			return () => {
				isCut = false;
			};
		},
		async saveRotation(status) {
			if (secretOfRotation(status.rotationId) !== status.secret) throw new TypeError("The id is not of its secret.");
			await change("records rotation", () => {
				rotations.set(status.rotationId, JSON.stringify(status));
				if (status.outcome !== undefined) replace(last, status);
				if (isRealRun(status)) replace(run, status);
				if (reachedConsumers(status)) replace(delivered, status);
			});
		},
		rotation: async (rotationId) => look<RotationStatus>(rotations.get(rotationId)),
		lastRotation: async (secret) => look<RotationStatus>(last.get(secret)),
		lastRun: async (secret) => look<RotationStatus>(run.get(secret)),
		lastDelivery: async (secret) => look<RotationStatus>(delivered.get(secret)),
		async endedRuns({ since, after, most, passes = () => true }) {
			look(undefined);
			const listed = [...rotations.values()]
				.flatMap((text) => endedRunOf(JSON.parse(text)) ?? [])
				.sort(latestFirst)
				.filter((run) => !since || Date.parse(run.endedAt) >= since.getTime());
			const from = Number(after ?? 0);
			const next = from + most < listed.length ? `${from + most}` : undefined;
			return { runs: listed.slice(from, from + most).filter(passes), ...(next !== undefined && { next }) };
		},
		async runsOf(secret) {
			look(undefined);
			const runs = [...rotations.values()].flatMap((text) => endedRunOf(JSON.parse(text)) ?? []);
			return runs.filter((run) => run.secret === secret).sort(latestFirst);
		},
		saveReport: (given) =>
			change("records report", () => {
				report = JSON.stringify(given);
				reports.push(JSON.parse(report));
			}),
		async keepConfiguration(hash, text) {
			look(undefined);
			if (!configurations.has(hash)) await change("records configuration", () => void configurations.set(hash, text));
		},
		async configurationOf(hash) {
			look(undefined);
			return configurations.get(hash);
		},
		async reportAt(time) {
			look(undefined);
			return reports.findLast(({ at }) => Date.parse(at) <= time.getTime());
		},
		async reportCounts(since) {
			look(undefined);
			const last = new Map(reports.map((one) => [one.at, one]));
			return [...last.values()].filter(({ at }) => Date.parse(at) >= since.getTime()).map(countsOf);
		},
		async evidence(digest) {
			look(undefined);
			return evidence.get(digest);
		},
		async keepEvidence(digest, text) {
			await change("records evidence", () => void (evidence.has(digest) || evidence.set(digest, text)));
			return evidence.get(digest)!;
		},
		async backupsOf(secret) {
			return look<readonly LastBackup[]>(backups.get(secret)) ?? [];
		},
		saveBackups: (secret, all) => change("records backups", () => void backups.set(secret, JSON.stringify(all))),
		lastReport: async () => look<ComplianceReport>(report),
		saveSwept: (sweep, page, given) =>
			change("records swept", () => {
				pages[page] = JSON.stringify({ sweep, ...given });
				swept = { sweep, pages: page + 1 };
			}),
		async lastSweep(known) {
			look(undefined);
			if (!swept) return undefined;
			const { sweep } = swept;
			if (sweep.id === known) return { sweep, pages: [] };
			const stored = pages.slice(0, swept.pages).map((text) => look<Swept & { sweep: SweepId }>(text)!);
			return { sweep, pages: stored.filter((page) => page.sweep.id === sweep.id) };
		},
		async markSwitch(secret, tried) {
			const mark = `mark-${++marks}`;
			const told = tried && { tried };
			await change("records mark", () => void switches.set(secret, { mark, isOpen: true, since: now(), ...told }));
			return mark;
		},
		unmarkSwitch: (secret, mark, tried) =>
			change("records unmark", () => {
				const told = tried && { tried };
				if (switches.get(secret)?.mark === mark)
					switches.set(secret, { mark: `mark-${++marks}`, isOpen: false, since: now(), ...told });
			}),
		async lastSwitch(secret) {
			look(undefined);
			const found = switches.get(secret);
			if (!found) return undefined;
			const { mark: _, ...last } = found;
			return last;
		},
		cancel: (rotationId) =>
			change("records cancel", () => {
				if (secretOfRotation(rotationId) === undefined) throw new TypeError("This is no rotation's id.");
				cancelled.add(rotationId);
			}),
		async isCancelled(rotationId) {
			look(undefined);
			return cancelled.has(rotationId);
		},
		announced: async () => look<Announced>(announced),
		saveAnnounced: (given) =>
			change("records announced", () => {
				announced = JSON.stringify(given);
			}),
		addApproval: (approval) =>
			change("records approval", () => void approvals.set(approval.request.id, JSON.stringify(approval))),
		async changeApproval(id, make) {
			const now = () => look<Approval>(approvals.get(id));
			const found = now();
			if (!found || !make(found)) return found;
			await change("records approval", () => {
				// Somebody else may have changed it meanwhile.
				const made = make(now()!);
				if (made) approvals.set(id, JSON.stringify(made));
			});
			return now();
		},
		approval: async (id) => look<Approval>(approvals.get(id)),
		async approvalsOf(secret) {
			look(undefined);
			const all = [...approvals.values()].map((text) => lineOf(JSON.parse(text)));
			return all.filter((line) => line.secret === secret);
		},
		async approvals({ since, after, most, passes = () => true }) {
			look(undefined);
			const listed = [...approvals.values()]
				.map((text) => JSON.parse(text) as Approval)
				.filter(({ request }) => !since || Date.parse(request.askedAt) >= since.getTime())
				.sort((one, other) => Date.parse(other.request.askedAt) - Date.parse(one.request.askedAt))
				.map(lineOf);
			const from = Number(after ?? 0);
			const next = from + most < listed.length ? `${from + most}` : undefined;
			return { approvals: listed.slice(from, from + most).filter(passes), ...(next !== undefined && { next }) };
		},
		freezes: async () => look<StoredFreeze[]>(freezes)!,
		changeFreezes: (make) =>
			change("records freezes", () => {
				freezes = JSON.stringify(make(JSON.parse(freezes)));
			}),
		changePlaces: ({ cluster, namespace }, make) =>
			change("records places", () => {
				const name = `${cluster}/${namespace}`;
				places.set(name, JSON.stringify(make(JSON.parse(places.get(name) ?? "[]"))));
			}),
		async openSwitches() {
			look(undefined);
			return [...switches]
				.filter(([, { isOpen }]) => isOpen)
				.map(([secret, { isOpen: _, ...one }]) => ({ secret, ...one }));
		},
	};
}
