// The configuration from a source that changes while the app runs: the last good one is in force.
// LGC1. A new one that is broken, or a source that cannot be read, leaves the one in force as it is, and says so. Otherwise: a typo in
//      the evening keeps what expires in the night from being rotated. Kept by: last-good.test.ts.
// LGC2. After a start it is the one whose hash the audit log named last, of the text that has this hash. Otherwise: anyone who
//       may write records, and breaks the source or waits until it is broken, writes the configuration. Kept by: last-good.test.ts.

import { createHash } from "node:crypto";
import type { AuditRecord, Entry } from "../domain/audit-entry.ts";
import { Fault } from "../domain/fault.ts";
import { type LoadedConfiguration, loadedFrom, loadedOf, parseConfiguration } from "./load.ts";
import type { Snapshot } from "./source.ts";

/** For health, doctor and the sweep's report. */
export const passedOverFault = (hash: string, { since, fault }: PassedOver): Fault =>
	new Fault("configuration-passed-over", { hash: hash.slice(0, 12), since, problem: fault.sentence });

type PassedOver = NonNullable<LoadedConfiguration["passedOver"]>;

export interface LastGood {
	/** The first file's name in the source. */
	readonly name: string;
	/** Where CAs' files are. */
	readonly folder: string;
	readonly look: () => Promise<Snapshot>;
	/** As much of them as is needed here. */
	readonly ports: {
		readonly clock: { now(): Date };
		audit(): Promise<{ append(entry: Entry): Promise<number>; recent(): Promise<readonly AuditRecord[]> }>;
		records(): Promise<{
			keepConfiguration(hash: string, text: string): Promise<void>;
			configurationOf(hash: string): Promise<string | undefined>;
		}>;
	};
	readonly warn: (line: string) => void;
}

/** It is looked at again after so long. */
const againMs = 60_000;

export function lastGood({ name, folder, look, ports, warn }: LastGood): () => Promise<LoadedConfiguration> {
	let inForce: LoadedConfiguration | undefined;
	/** Of the snapshot that is in force. */
	let stamp: string | undefined;
	/** The hash that the log has. */
	let noted: string | undefined;
	let lookedAt = Number.NEGATIVE_INFINITY;
	let looking: Promise<LoadedConfiguration> | undefined;

	async function anew(): Promise<LoadedConfiguration> {
		let changedAt: string | undefined;
		try {
			const snapshot = await look();
			if (inForce && !inForce.passedOver && snapshot.stamp === stamp && noted === inForce.hash) return inForce;
			changedAt = snapshot.changedAt;
			const loaded = await loadedFrom(snapshot.source, name, folder);
			inForce = loaded;
			stamp = snapshot.stamp;
			if (loaded.hash !== noted && (await taken(loaded, snapshot.changedAt))) noted = loaded.hash;
			return loaded;
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			const before = inForce ?? (await recalled(error));
			const known = before.passedOver?.fault.message === error.message ? before.passedOver : undefined;
			if (!known) warn(`${error.message} The last good configuration, ${before.hash}, stays in force.`);
			const since = known?.since ?? changedAt ?? ports.clock.now().toISOString();
			inForce = { ...before, passedOver: { since, fault: error } };
			return inForce;
		} finally {
			lookedAt = ports.clock.now().getTime();
		}
	}

	/** On the log, so that a later start finds it. @returns whether it is there */
	async function taken({ hash, text }: LoadedConfiguration, changedAt: string): Promise<boolean> {
		try {
			await (await ports.records()).keepConfiguration(hash, text);
			await (await ports.audit()).append({
				...{ rotationId: "(none)", secretName: "(none)", step: "trigger", phase: "note", attempt: changedAt },
				...{ actor: { kind: "app" }, code: "configuration-taken", configHash: hash },
			});
			return true;
		} catch (error) {
			warn(
				`The configuration ${hash} is in force and not on the log yet: ${error instanceof Fault ? error.message : "no answer"}`,
			);
			return false;
		}
	}

	/** @throws Fault the one that is given, where there is none */
	async function recalled(fault: Fault): Promise<LoadedConfiguration> {
		const recent = await (await ports.audit()).recent();
		const named = recent.filter(({ data }) => data.configHash !== undefined);
		// Another instance may have used the one before for a minute more.
		const last = named.findLast(({ data }) => data.code === "configuration-taken") ?? named.at(-1);
		const hash = last?.data.configHash;
		const text = hash === undefined ? undefined : await (await ports.records()).configurationOf(hash);
		if (text === undefined || createHash("sha256").update(text).digest("hex") !== hash) throw fault;
		const parsed = parseConfiguration(text);
		if (!("config" in parsed)) throw fault;
		return loadedOf(parsed.config, text, folder);
	}

	return async () => {
		const isFresh = inForce && ports.clock.now().getTime() - lookedAt < againMs;
		if (inForce && isFresh) return inForce;
		looking ??= anew().finally(() => {
			looking = undefined;
		});
		return looking;
	};
}
