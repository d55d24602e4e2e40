// The kinds of fault that a soak can do, as the schedule sees them: pure facts. What each does is in faults.ts.
// K1. A kind is an entry here and an act there; a kind without its act does not compile.

/** When in a rotation it comes: as it is asked for, once the pending secret is stored, once the live version is published. */
export type Moment = "asked" | "stored" | "published";

export interface LaneFacts {
	/** The secret's name. */
	readonly name: string;
	readonly strategy: "single-user" | "alternating-users" | "random-value";
	/** Absent where no database knows the value. */
	readonly login?: "self" | "admin-secret";
	/** A workload gets the value, and proves it. */
	readonly delivers: boolean;
	/** How; absent where none does. */
	readonly path?: "csi-driver" | "kubernetes-secret";
}

export interface Kind {
	/** What it is, as the table says it. */
	readonly says: string;
	readonly moments: readonly Moment[];
	/** How long it lasts: least and most, in milliseconds. */
	readonly lastsMs: readonly [number, number];
	/** In which lanes it can be felt; default: all. */
	readonly fits?: (lane: LaneFacts) => boolean;
	/** It has to be there before something comes by that comes once only. */
	readonly promptly?: true;
	/** It is about the event that starts the rotation. */
	readonly trigger?: "event" | "sweep";
}

const whenever: readonly Moment[] = ["asked", "stored", "published"];
const beforePublishing: readonly Moment[] = ["asked", "stored"];
const delivers = (lane: LaneFacts) => lane.delivers;
const byAdmin = ({ login }: LaneFacts) => login === "admin-secret";
const inDatabase = ({ strategy }: LaneFacts) => strategy !== "random-value";
/** Between ALTER ROLE and publishing nobody can log in. */
const hasGap = ({ strategy }: LaneFacts) => strategy === "single-user";

export const kinds = {
	"host-killed": { says: "host killed with -9", moments: whenever, lastsMs: [0, 1_500] },
	"host-killed-twice": { says: "host killed with -9 twice in a row", moments: whenever, lastsMs: [200, 1_500] },
	"host-killed-in-gap": {
		says: "host killed with -9 between ALTER ROLE and publishing",
		moments: ["asked"],
		lastsMs: [0, 1_500],
		promptly: true,
		fits: hasGap,
	},
	"deploy-changed": { says: "changed bundle deployed", moments: whenever, lastsMs: [0, 500] },
	"deploy-renamed": { says: "bundle with other step names deployed", moments: whenever, lastsMs: [0, 500] },
	"postgres-restarted": { says: "PostgreSQL restarted (fast)", moments: whenever, lastsMs: [0, 0] },
	"postgres-crashed": { says: "PostgreSQL restarted (immediate)", moments: whenever, lastsMs: [0, 0] },
	"postgres-crashed-in-gap": {
		says: "PostgreSQL restarted (immediate) between these two",
		moments: ["asked"],
		lastsMs: [0, 0],
		promptly: true,
		fits: hasGap,
	},
	"vault-cut": { says: "connection to the vault cut", moments: whenever, lastsMs: [200, 3_000] },
	"postgres-cut": { says: "connection to PostgreSQL cut", moments: whenever, lastsMs: [200, 3_000] },
	"blobs-cut": { says: "connection to blob storage cut", moments: whenever, lastsMs: [200, 3_000] },
	"kubernetes-cut": { says: "connection to Kubernetes cut", moments: whenever, lastsMs: [500, 4_000], fits: delivers },
	"identity-cut": { says: "host restarted with identity cut", moments: whenever, lastsMs: [500, 3_000] },
	"token-failing": { says: "host restarted, tokens refused (500)", moments: whenever, lastsMs: [500, 3_000] },
	"vault-answer-lost": {
		says: "answer of a vault write lost",
		moments: ["asked"],
		lastsMs: [0, 0],
		promptly: true,
	},
	"postgres-answer-lost": {
		says: "answer of PostgreSQL lost",
		moments: ["stored"],
		lastsMs: [0, 0],
		promptly: true,
		fits: inDatabase,
	},
	"blobs-answer-lost": { says: "answer of blob storage lost", moments: whenever, lastsMs: [0, 0] },
	"vault-throttled": { says: "vault throttles (429, Retry-After)", moments: beforePublishing, lastsMs: [500, 3_000] },
	"vault-unavailable": {
		says: "vault unavailable (503, Retry-After)",
		moments: beforePublishing,
		lastsMs: [500, 3_000],
	},
	"get-denied": { says: "vault: right to read denied", moments: beforePublishing, lastsMs: [500, 3_000] },
	"set-denied": { says: "vault: right to write denied", moments: beforePublishing, lastsMs: [500, 3_000] },
	"derived-denied": { says: "vault: right to write the derived denied", moments: ["asked"], lastsMs: [500, 3_000] },
	"update-denied": { says: "vault: right to update denied", moments: beforePublishing, lastsMs: [500, 3_000] },
	"cluster-denied": { says: "Kubernetes: Role emptied", moments: whenever, lastsMs: [500, 4_000], fits: delivers },
	"createrole-denied": {
		says: "PostgreSQL: CREATEROLE taken away",
		moments: beforePublishing,
		lastsMs: [500, 3_000],
		fits: byAdmin,
	},
	"admin-option-denied": {
		says: "PostgreSQL: ADMIN OPTION taken away",
		moments: beforePublishing,
		lastsMs: [500, 3_000],
		fits: byAdmin,
	},
	"event-duplicated": { says: "event delivered five times", moments: ["asked"], lastsMs: [0, 0], trigger: "event" },
	"event-delayed": {
		says: "event delayed past the sweep",
		moments: ["asked"],
		lastsMs: [1_500, 6_000],
		trigger: "sweep",
	},
	"event-out-of-order": { says: "event of an older version delivered", moments: whenever, lastsMs: [0, 0] },
} as const satisfies Record<string, Kind>;

export type FaultKind = keyof typeof kinds;

export const allKinds = Object.keys(kinds) as FaultKind[];

export const kindOf = (kind: FaultKind): Kind => kinds[kind];
