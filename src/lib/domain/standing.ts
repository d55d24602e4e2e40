// What live secret, pending secret and database are to each other: one pure answer for policy, drift, reconciliation, sweep and
// look. steps/gather.ts looks; here is decided what it means.
// STD1. Exactly one state for each combination, the first row that fits. Otherwise: of two askers one goes on with what the
//      other has a person repair. Kept by: standing.test.ts, row by row.
// STD2. Tags only tie: `published` and `in-database` are said by a value or a login. Otherwise: anyone who may write the vault
//      has his value published. Kept by: planted.test.ts.
//
// | state             | live       | newest claim on it             | the database accepts   | so                              |
// |-------------------|------------|--------------------------------|------------------------|---------------------------------|
// | in-database       | anything   | anything                       | a pending password     | cut short after ALTER: publish  |
// | stored            | unreadable | there is one                   | nobody asked           | cut short, as far as tags tell  |
// | unreadable        | unreadable | anything                       | no pending password    | bring it back, and look again   |
// | database-restored | present    | anything                       | an earlier live one    | a person decides                |
// | pending-deleted   | present    | anything                       | nothing; it is deleted | recover it: it may be the only  |
// | pending-disabled  | present    | anything                       | nothing; some disabled | enable it: it may be the only   |
// | nobody-knows      | present    | anything                       | nothing                | a person decides                |
// | published         | present    | published, same value          | live, or nobody asked  | derived and pods may be behind  |
// | published         | present    | covers one with the live value | live, or nobody asked  | the same, by the covered one    |
// | published         | present    | any; a derived one: GA3        | live, or nobody asked  | derived and pods are behind     |
// | accepted          | present    | any; one that came late: GA3    | live, or nobody asked  | publish once more what signed   |
// | left-over         | present    | any tie; its rotation is over  | live, or nobody asked  | put it away                     |
// | accepted          | present    | published, and accepts its key | live, or nobody asked  | cut short before it signs       |
// | taken-back        | present    | taken back                     | live, or nobody asked  | derived ones may be behind      |
// | stored            | present    | replaced                       | live, or nobody asked  | cut short before ALTER          |
// | in-order          | present    | none, or of another version    | live, or nobody asked  | nothing                         |

import type { VersionId } from "./secret-version.ts";
import type { Tie } from "./tags.ts";

/** A version of the pending secret that a rotation claims. */
export interface Claimed {
	readonly version: VersionId;
	/** The rotation that its tags name. */
	readonly credentialId: string;
	/** The version that was live then, as the tags say; empty where there was none. */
	readonly baseVersion: VersionId;
}

/** One version of the live secret or of the pending one. */
export interface Source {
	readonly secret: "live" | "pending";
	readonly version: VersionId;
}

/** Names, versions and comparisons: the values they come from stay in the activity. */
export interface StandingFacts {
	/** The live version; absent where there is none that can be read. */
	readonly live?: VersionId;
	/** The newest version of the pending secret, where it is enabled and a rotation claims it. */
	readonly claim?: Claim;
	/** An older claim that has the live value, looked for where the newest one says that it was published and was not. */
	readonly covered?: Claimed;
	/** What was live, where the first of two steps came late and covers it: GA3 of gather.ts. Its `baseVersion` is the live one. */
	readonly steppedBack?: Claimed;
	/** What is live, where a derived secret has what the first of its two steps made: GA3 of gather.ts. */
	readonly derivedBack?: Claimed;
	readonly database:
		| { readonly accepts: "live" | "none" | "not-asked" }
		/** One that was never live, or whose rotation is not over. */
		| { readonly accepts: "pending"; readonly claim: Claimed }
		| { readonly accepts: "earlier"; readonly version: VersionId };
	/** Where the database accepts nothing that can be read: what cannot be read, and may be what it has. */
	readonly unread?: {
		/** The pending secret was deleted while it was enabled, and its password never published. */
		readonly deleted: boolean;
		/** Disabled versions of it since the last one that was published, newest first. */
		readonly disabled: readonly VersionId[];
	};
}

export interface Claim extends Claimed {
	readonly tie: Tie;
	/** It has the live value. */
	readonly isLive: boolean;
	/** Its key is accepted by anyone who reads the live value, and signs nothing yet. */
	readonly isAccepted: boolean;
	/** The records say that its rotation reached its consumers. */
	readonly isOver: boolean;
	/** The audit log says that its rotation stored this very version. */
	readonly isStored: boolean;
}

interface OfClaim<S> {
	readonly state: S;
	readonly claim: Claimed;
}

/** `source`: where the password is that the rotation continues with. */
export type CutShort =
	| (OfClaim<"in-database"> & { readonly source: Source })
	| (OfClaim<"published"> & { readonly source: Source })
	| (OfClaim<"accepted"> & { readonly source: Source })
	| OfClaim<"taken-back">
	/** Absent: nothing proves it, and a new one takes its place. */
	| (OfClaim<"stored"> & { readonly source?: Source });

export type Standing =
	| CutShort
	| OfClaim<"left-over">
	| { readonly state: "in-order" | "unreadable" | "nobody-knows" | "pending-deleted" }
	| { readonly state: "database-restored"; readonly version: VersionId }
	/** `versions`: newest first. */
	| { readonly state: "pending-disabled"; readonly versions: readonly VersionId[] };

type Row = (facts: StandingFacts) => Standing | undefined;

const plain = ({ version, credentialId, baseVersion }: Claimed): Claimed => ({ version, credentialId, baseVersion });
const pendingAt = ({ version }: Claimed): Source => ({ secret: "pending", version });

const inDatabase: Row = ({ database }) =>
	database.accepts === "pending"
		? { state: "in-database", claim: plain(database.claim), source: pendingAt(database.claim) }
		: undefined;

const unreadable: Row = ({ live, claim, database }) => {
	if (live !== undefined) return undefined;
	return claim && database.accepts === "not-asked" ? { state: "stored", claim: plain(claim) } : { state: "unreadable" };
};

const restored: Row = ({ database }) =>
	database.accepts === "earlier" ? { state: "database-restored", version: database.version } : undefined;

const unknown: Row = ({ database, unread }) => {
	if (database.accepts !== "none") return undefined;
	if (unread?.deleted) return { state: "pending-deleted" };
	const versions = unread?.disabled ?? [];
	return versions.length > 0 ? { state: "pending-disabled", versions } : { state: "nobody-knows" };
};

const published: Row = ({ live, claim, covered }) => {
	const one = claim?.tie === "published" ? (claim.isLive ? claim : covered) : undefined;
	return one && live !== undefined
		? { state: "published", claim: plain(one), source: { secret: "live", version: live } }
		: undefined;
};

const steppedBack: Row = ({ steppedBack: one }) =>
	one && { state: "accepted", claim: plain(one), source: { secret: "live", version: one.version } };

const derivedBack: Row = ({ derivedBack: one }) =>
	one && { state: "published", claim: plain(one), source: { secret: "live", version: one.version } };

const leftOver: Row = ({ claim }) =>
	claim?.isOver && claim.tie !== "none" ? { state: "left-over", claim: plain(claim) } : undefined;

/** By its value: nobody else knows the key. */
const accepted: Row = ({ claim }) =>
	claim?.tie === "published" && claim.isAccepted
		? { state: "accepted", claim: plain(claim), source: pendingAt(claim) }
		: undefined;

const takenBack: Row = ({ claim }) =>
	claim?.tie === "taken-back" ? { state: "taken-back", claim: plain(claim) } : undefined;

const stored: Row = ({ claim }) =>
	claim?.tie === "replaced"
		? { state: "stored", claim: plain(claim), ...(claim.isStored && { source: pendingAt(claim) }) }
		: undefined;

const rows: readonly Row[] = [
	inDatabase,
	unreadable,
	restored,
	unknown,
	published,
	steppedBack,
	derivedBack,
	leftOver,
	accepted,
	takenBack,
	stored,
];

export function standingOf(facts: StandingFacts): Standing {
	for (const row of rows) {
		const standing = row(facts);
		if (standing) return standing;
	}
	return { state: "in-order" };
}

/** A rotation was cut short, and the next trigger goes on with it. */
export const isCutShort = (standing: Standing): standing is CutShort =>
	["in-database", "published", "accepted", "taken-back", "stored"].includes(standing.state);

/** It has changed something already: only going on with it brings everything together. */
export const isHalfDone = (standing: Standing): boolean => isCutShort(standing) && standing.state !== "stored";

/** Anyone who reads the live secret gets in. Only of a standing for which the database was asked. */
export const liveLogsIn = ({ state }: Standing): boolean =>
	["in-order", "published", "left-over", "accepted", "taken-back", "stored"].includes(state);
