// How a secret's new version gets into a workload's pods. One folder a path in src/lib/paths/, one line in its registry.
// DP1. `refusal` finds whatever would make the delivery impossible, before anything is changed. Otherwise: the password is
//      new and the pods can never have it.
// DP2. `copy` says "current" only of a copy that has the very values of these versions; times and resource versions prove
//      nothing (a driver may write the old value back).
// DP3. `refresh` may come again at any time, and late. It leaves what has these values as it is, and writes only over what it
//      read before it saw that they are live. Otherwise: a process that was held up puts an old password over the new one.

import type { steps } from "../domain/codes.ts";
import type { Lag } from "../domain/exposure.ts";
import type { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import type { PodFact, PodProof, WorkloadRef } from "../domain/workload.ts";
import type { Intent } from "./audit-log.ts";

/** `D` is what the configuration gives for the path. */
export type Consumer<D extends { readonly path: string } = { readonly path: string }> = WorkloadRef & {
	readonly delivery: D;
};

/** A published version that the consumer should have: the managed secret's and each derived one's. */
export interface Published {
	readonly vault: string;
	readonly secret: string;
	readonly version: string;
	readonly value: Password;
}

export interface Refreshing {
	/** Of the delivery: a later one asks for it again. */
	readonly round: number;
	/** People have merged what an earlier call in this round has asked them to. */
	readonly isMerged?: boolean;
	/**
	 * A path that writes a copy asks this after it has read the copy and before it writes.
	 * @throws Fault `live-changed` where these versions are not what the vault has any more
	 */
	stillLive(): Promise<void>;
}

/** What `refresh` did, as the audit log has it. */
export type Refreshed = Extract<keyof typeof steps, "copy-written" | "copy-kept" | "sync-asked" | "review-asked">;

/** A time (ISO 8601) through which the copy had the published values; without `until`, up to now. */
export interface CopyWindow {
	readonly since: string;
	readonly until?: string;
}

export type CopyState =
	/** `unchangedSince`: nobody wrote to it after that, where the cluster shows it. */
	| { readonly state: "current"; readonly unchangedSince?: string }
	/** `waitingFor` says to a person which copy it is and what it lacks: `Secret titanic-api/titanic-api-secrets, which does not exist`. */
	| { readonly state: "stale"; readonly waitingFor: string; readonly isMissing?: true; readonly review?: ReviewState };

/** Where people have to let it through. */
export type ReviewState =
	/** For what, as the rest of a sentence: `people to merge pull request https://...` */
	| { readonly is: "waiting"; readonly waitsFor: string }
	/** They have, and what follows is to be asked for by one more `refresh`. */
	| { readonly is: "merged" }
	/** It never becomes new by itself. */
	| { readonly is: "ended"; readonly fault: Fault };

/** A secret of the consumer's vault that must be readable, or nothing is delivered at all. */
export interface Needed {
	readonly secret: string;
	/** Where it is not the latest. */
	readonly version?: string;
	/** What needs it, as faults name it: `SecretProviderClass titanic-api/titanic-kv-secrets`. */
	readonly by: string;
}

/** A secret as the delivery path must find it in the cluster. */
export interface Wanted {
	/** The vault's name in Azure (the host name's first label), e.g. `titanic-kv-prod`. */
	readonly vaultName: string;
	readonly secret: string;
	/** Its value now, where it has one: what else has it is found by it. */
	readonly live?: Password;
}

/** An open session of the role whose password was published, as the role itself sees it. */
export interface SeenSession {
	/** Its application_name; empty where it has none. */
	readonly application: string;
	/** ISO 8601, by the app's clock; absent where the server does not show it, which is not "never". */
	readonly since?: string;
}

/** By what its rights.json calls them (`named`), e.g. `SecretProviderClass`. */
export type NamedObjects = Readonly<
	Record<
		string,
		{
			/** Default: the workload's. */
			readonly namespace?: string;
			readonly names: readonly string[];
		}
	>
>;

/** Throws what `Workloads` throws, besides the refusals named below. */
export interface DeliveryPath<D extends { readonly path: string } = { readonly path: string }> {
	/**
	 * @param secrets the managed secret first, then the derived ones; at least the first must reach the workload
	 * @returns the fault that makes this path impossible now, else `undefined`
	 */
	refusal(consumer: Consumer<D>, secrets: readonly Wanted[]): Promise<Fault | undefined>;
	/**
	 * The objects that its rights are on; absent: it says of none by what name.
	 * @param secrets names in the vault, of the managed secret and of the derived ones
	 */
	objects?(
		consumer: Consumer<D>,
		secrets: readonly string[],
	): Promise<{
		/** As the configuration names them. */
		readonly known: NamedObjects;
		/** Those whose names the cluster has to be asked for. */
		read?(): Promise<NamedObjects>;
	}>;
	/** What has to be readable besides the secrets themselves. */
	needs(consumer: Consumer<D>, secrets: readonly Wanted[]): Promise<readonly Needed[]>;
	/** When pods that run get a new version, as far as it is known beforehand. */
	lag(consumer: Consumer<D>, secrets: readonly Wanted[]): Promise<Lag>;
	/** Where the copy does not become new by itself: writes it, or asks its operator to. */
	refresh?(
		intent: Intent,
		consumer: Consumer<D>,
		published: readonly Published[],
		refreshing: Refreshing,
	): Promise<Refreshed | { readonly code: Refreshed; readonly message: string }>;
	/**
	 * Where each version has a Secret of another name: the one that the pod template refers to. Applying the template rolls
	 * the workload; `undefined` where the app has to.
	 */
	refersTo?(consumer: Consumer<D>): Promise<string | undefined>;
	/** Does the copy that new pods will get have these values? Cheap: called every few seconds. */
	copy(consumer: Consumer<D>, published: readonly Published[]): Promise<CopyState>;
	/**
	 * Which of these pods prove the versions, in their order. A container that started in none of the windows may have an old value.
	 * @param sessions asks the server; absent where there is none, and where pods that run are only looked at: one whose sessions
	 *   have ended is not behind
	 */
	prove(
		consumer: Consumer<D>,
		pods: readonly PodFact[],
		published: readonly Published[],
		windows: readonly CopyWindow[],
		sessions?: () => Promise<readonly SeenSession[]>,
	): Promise<readonly PodProof[]>;
}
