// What may be where, and why. Everything else is a leak.
// AL1. A row is for one kind of secret in one place. Otherwise: what is allowed for a good reason hides what is not.
//      Kept by: never-seen.test.ts, which plants each kind in each place.

import type { PlaceName } from "./places.ts";
import type { Kind } from "./secrets.ts";

export interface Allowance {
	readonly kinds: readonly Kind[];
	readonly places: readonly PlaceName[];
	readonly because: string;
}

export const allowances: readonly Allowance[] = [
	{
		kinds: ["password", "connection string", "other secret of the vault"],
		places: ["environment of a pod"],
		because: "A consumer gets its copy as variables, from the synced Secret.",
	},
	{
		kinds: ["verifier"],
		places: ["database log", "pg_stat_activity", "pg_stat_statements"],
		because: "ALTER ROLE carries it to the server, which keeps it in pg_authid; anyone who reads these may read that.",
	},
	{
		kinds: ["identity header"],
		places: ["environment of the host", "crash reports"],
		because: "App Service puts IDENTITY_HEADER there; a report of Node.js lists the environment.",
	},
	{
		kinds: ["function key", "master key", "Event Grid key", "durable key"],
		places: ["arguments of the host", "crash reports"],
		because:
			"The local host gets its keys by arguments, which a report of Node.js lists; in Azure the host keeps them.",
	},
	{
		kinds: ["durable key"],
		places: ["answers of the host"],
		because: "The durable API, which asks for this key, answers with links that have it.",
	},
];

export const isAllowed = (kind: string, place: string): boolean =>
	allowances.some(
		({ kinds, places }) => (kinds as readonly string[]).includes(kind) && (places as readonly string[]).includes(place),
	);
