// Which version the vault, the database and each pod have: the vault as of now, the others as the last run proved it. To ask them
// anew takes logins, which a look must not cost. Pure.
// PLC1. What was proved of another version is never shown as proved of the live one. Otherwise: somebody takes a pod that is behind for
//       one that is not. Kept by: places.test.ts.

import type { Rotation, Secret } from "./answers.ts";
import type { Said } from "./words.ts";

interface Place {
	readonly place: string;
	readonly under?: string;
	readonly version: string | undefined;
	readonly state: Said;
	/** Absent: as of now. */
	readonly at?: string | undefined;
}

export function placesOf(secret: Secret, delivery: Rotation | undefined): Place[] {
	const { vault, name, version: live, strategy, drift } = secret;
	const places: Place[] = [
		{
			...{ place: "Vault", under: `${name} in ${vault}`, version: live },
			state: live ? { word: "live", tone: "good" } : { word: "unreadable", tone: "bad" },
		},
	];
	if (!delivery) return places;
	const at = delivery.endedAt;
	const against = (version: string | undefined, proved: boolean): Said => {
		if (version === undefined) return { word: "unknown", tone: "quiet" };
		if (version !== live) return { word: "not the live one", tone: "warn" };
		return proved ? { word: "proved", tone: "good" } : { word: "not proved", tone: "warn" };
	};
	for (const { secret: derived, version } of delivery.derived ?? [])
		places.push({ place: "Derived", under: derived, version, at, state: { word: "written", tone: "good" } });
	if (strategy !== "random-value")
		places.push({
			...{ place: "Database", under: "a login with the live password", version: delivery.version, at },
			state: drift ? { word: "see the drift above", tone: "warn" } : against(delivery.version, true),
		});
	for (const { workload, pods } of delivery.consumers ?? [])
		for (const { pod, version, proved } of pods)
			places.push({ place: pod, under: workload, version, at, state: against(version, proved) });
	return places;
}
