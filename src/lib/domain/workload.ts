// A workload that uses a secret, the mark that a roll leaves in it, and what its pods show.

import { createHash } from "node:crypto";

/** A workload by name, as the configuration gives it. */
export interface WorkloadRef {
	readonly cluster: string;
	readonly namespace: string;
	/** As the API calls it; src/lib/kinds/ has those that can be rolled. */
	readonly kind: string;
	readonly name: string;
	/** Its pods read the new version by themselves: none is replaced. */
	readonly roll?: "none" | undefined;
}

/** Are its pods replaced for a new version? Those of what runs by a schedule come and go by themselves. */
export const isRolled = ({ kind, roll }: WorkloadRef): boolean => roll !== "none" && kind !== "CronJob";

/** As faults, records and the audit log write it: `Deployment titanic-api/titanic-api`. */
export const workloadText = ({ kind, namespace, name }: WorkloadRef): string => `${kind} ${namespace}/${name}`;

/** One roll, as durable history keeps it. */
export interface Roll {
	readonly rotationId: string;
	/** Grows when pods that started too early must be rolled once more; 1 at first. */
	readonly round: number;
	/** The live version of the managed secret. */
	readonly version: string;
	/** ISO 8601; also written to `kubectl.kubernetes.io/restartedAt`, so that Flux strips neither. */
	readonly at: string;
	/** Where it is another secret's: `<vault>/<secret>`, as in its mark. */
	readonly secret?: string;
}

/** As it is found in what it marked; `at` is absent in marks of an earlier version of the app. */
export type FoundRoll = Omit<Roll, "at"> & Partial<Pick<Roll, "at">>;

/** What the roll writes into the pod template. Deterministic, so that a repeated roll changes nothing. */
export interface RollMark extends Roll {
	/** `<vault>/<secret>` of the managed secret: each has a mark of its own. */
	readonly secret: string;
	/** Which versions it brings, derived ones too: see `contentsOf`. */
	readonly contents: string;
	/**
	 * The Secret that the pod template refers to, where that distinguishes its pods from earlier ones: applying the
	 * template rolls the workload, and the app writes nothing.
	 */
	readonly refersTo?: string;
}

/** Distinguishes sets of versions: the managed secret's and those derived from it. */
export const contentsOf = (published: readonly { readonly secret: string; readonly version: string }[]): string => {
	const lines = published.map(({ secret, version }) => `${secret.toLowerCase()}=${version}`);
	return createHash("sha256").update(lines.sort().join("\n")).digest("hex").slice(0, 16);
};

export interface PodFact {
	readonly name: string;
	/** Of this very pod: a name may be given again. */
	readonly uid: string;
	readonly ready: boolean;
	/** When the oldest of its running containers started, by its node's clock, in whole seconds: ISO 8601. */
	readonly startedAt: string;
	/** The Secrets that its spec refers to; absent in what an earlier version of the app saw. */
	readonly secrets?: readonly string[];
}

/** Per pod: which version it proves to have, or why it does not. */
export interface PodProof {
	readonly pod: string;
	readonly ready: boolean;
	readonly proved: boolean;
	/** The managed secret's version that the pod has; absent where nothing shows it. */
	readonly version?: string;
	readonly detail?: string;
	/**
	 * How it is proved, of a pod that was not replaced or that reads the vault itself. `start`: it started after the version was
	 * published, so it has it if it reads the vault without a version. `file`: its file has the version. `interval`: the time
	 * has passed in which its file is renewed, or in which it reads the vault again. `run`: not a pod, but a Job that began with
	 * the version there and ended well. Of these four nothing was seen to use the version. `session`: the password has let it in.
	 */
	readonly provedBy?: "start" | "file" | "interval" | "session" | "run";
	/** With `interval`: how long that is. */
	readonly intervalSeconds?: number;
	/** It has mounted nothing yet, so it has no older version either. */
	readonly isStarting?: true;
}
