// Which version the vault, the database and each pod have: vault and pods as of now, the database as the last run proved it. To ask
// the database again takes a login, which a look must not cost. Pure.
// PLC1. What was proved of another version is never shown as proved of the live one. Otherwise: somebody takes a pod that is behind for
//       one that is not. Kept by: places.test.ts.

import type { Rotation, Secret } from "./answers.ts";
import type { Said } from "./words.ts";

interface Place {
	readonly place: string;
	readonly under?: string;
	readonly version: string | undefined;
	readonly state: Said;
	/** Why it is not known. */
	readonly why?: string;
	/** Absent: as of now. */
	readonly at?: string | undefined;
}

export function placesOf(secret: Secret, delivery: Rotation | undefined): Place[] {
	const { vault, name, version: live, workloads } = secret;
	return [
		{
			...{ place: "Vault", under: `${name} in ${vault}`, version: live },
			state: live ? { word: "live", tone: "good" } : { word: "unreadable", tone: "bad" },
		},
		...(delivery ? ofDelivery(secret, delivery) : []),
		...(workloads ? podsIn(workloads, live) : delivery ? podsIn(delivery.consumers ?? [], live, delivery.endedAt) : []),
	];
}

function ofDelivery({ strategy, version: live, drift }: Secret, { version, derived, endedAt: at }: Rotation): Place[] {
	const places: Place[] = (derived ?? []).map((one) => ({
		...{ place: "Derived", under: one.secret, version: one.version, at },
		state: { word: "written", tone: "good" },
	}));
	if (strategy === "random-value") return places;
	const state: Said = drift
		? { word: "see the drift above", tone: "warn" }
		: against(live, { version, proved: version === live });
	return [...places, { place: "Database", under: "a login with the live password", version, at, state }];
}

interface Proving {
	readonly version?: string | undefined;
	readonly proved: boolean;
	readonly isStarting?: true | undefined;
}

function against(live: string | undefined, { version, proved, isStarting }: Proving): Said {
	if (isStarting) return { word: "starting", tone: "busy" };
	if (version === undefined) return proved ? { word: "proved", tone: "good" } : { word: "unknown", tone: "quiet" };
	if (version !== live && !proved) return { word: "not the live one", tone: "warn" };
	if (version !== live) return { word: "an older one with the live value", tone: "good" };
	return proved ? { word: "proved", tone: "good" } : { word: "not proved", tone: "warn" };
}

const podsIn = (workloads: NonNullable<Secret["workloads"]>, live: string | undefined, at?: string): Place[] =>
	workloads.flatMap(({ workload, pods, problem }): Place[] => [
		...(problem && at === undefined
			? [
					{
						place: workload,
						version: undefined,
						state: { word: "unknown", tone: "warn" as const },
						why: problem.message,
					},
				]
			: []),
		...pods.map((one) => {
			// A run has proved its own version only.
			const state = against(live, at === undefined ? one : { ...one, proved: one.proved && one.version === live });
			return { place: one.pod, under: workload, version: one.version, at, state };
		}),
	]);
