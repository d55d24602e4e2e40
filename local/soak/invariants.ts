// What must hold, whatever was done to the world meanwhile. Each says in words what is wrong when it does not.
// IV1. They look from outside: at the database, the vault, the pods. Otherwise: they believe what the app says of itself.

import type { SecretVersion } from "../../packages/key-vault/index.ts";
import { login, type Proof } from "../proof.ts";
import type { Stack } from "../stack.ts";
import { until } from "../until.ts";
import { urlFor } from "./clients.ts";
import type { Lane } from "./lanes.ts";

/** The tags that the rotator writes. */
const rotationId = "rotation-id";
const takenBack = "taken-back";

export interface Tally {
	/** @param broken what is the case instead; nothing when it holds */
	count(invariant: string, broken: string | undefined): void;
	readonly entries: readonly { invariant: string; checked: number; broken: readonly string[] }[];
	readonly broken: number;
}

/** @param onBroken called at once: a run may take an hour */
export function tally(onBroken: (invariant: string, broken: string) => void): Tally {
	const entries = new Map<string, { invariant: string; checked: number; broken: string[] }>();
	return {
		count(invariant, broken) {
			const entry = entries.get(invariant) ?? { invariant, checked: 0, broken: [] };
			entries.set(invariant, entry);
			entry.checked++;
			if (broken === undefined) return;
			entry.broken.push(broken);
			onBroken(invariant, broken);
		},
		get entries() {
			return [...entries.values()];
		},
		get broken() {
			return this.entries.reduce((sum, { broken }) => sum + broken.length, 0);
		},
	};
}

export interface After {
	readonly stack: Stack;
	readonly lane: Lane;
	/** The version that was live before. */
	readonly base: SecretVersion;
	readonly pods: () => Promise<Proof["pods"]>;
}

const inDatabase = ({ strategy }: Lane) => strategy !== "random-value";

interface Invariant {
	/** Of which lanes; default: all. */
	readonly of?: (lane: Lane) => boolean;
	/** @returns what is the case instead; nothing when it holds */
	readonly broken: (after: After) => Promise<string | undefined> | string | undefined;
}

/** Holds after each rotation. */
export const afterRotation: Readonly<Record<string, Invariant>> = {
	"the live password logs in": {
		of: inDatabase,
		async broken({ stack, lane }) {
			const live = stack.vault.owner.get(lane.name);
			const code = await answerTo(urlFor(stack, lane, live?.value ?? ""));
			return code === "in" ? undefined : `version ${live?.version} is refused: ${code}`;
		},
	},
	"the derived secret agrees with it, and logs in": {
		of: inDatabase,
		async broken({ stack, lane }) {
			const live = stack.vault.owner.get(lane.name);
			const derived = stack.vault.owner.get(lane.derived);
			const wanted = new URL(urlFor(stack, lane, live?.value ?? ""));
			const given = URL.parse(derived?.value ?? "");
			if (!derived || given?.password !== wanted.password || given.username !== wanted.username) {
				return `${lane.derived} ${derived?.version} has another login than ${live?.version}`;
			}
			const code = await answerTo(derived.value.replace(/\?.*/, ""));
			return code === "in" ? undefined : `${lane.derived} ${derived.version} is refused: ${code}`;
		},
	},
	"the derived secret has it": {
		of: (lane) => !inDatabase(lane),
		broken({ stack, lane }) {
			const live = stack.vault.owner.get(lane.name);
			const derived = stack.vault.owner.get(lane.derived);
			return derived?.value === `key=${live?.value}`
				? undefined
				: `${lane.derived} ${derived?.version} has another value than ${live?.version}`;
		},
	},
	"the password before it is refused": {
		of: ({ strategy }) => strategy === "single-user",
		async broken({ stack, lane, base }) {
			const code = await answerTo(urlFor(stack, lane, base.value));
			return code === "28P01" ? undefined : `version ${base.version} still gets an answer: ${code}`;
		},
	},
	"the other user's password goes on to log in": {
		of: ({ strategy }) => strategy === "alternating-users",
		async broken({ stack, lane, base }) {
			const code = await answerTo(urlFor(stack, lane, base.value));
			return code === "in" ? undefined : `version ${base.version} is refused: ${code}`;
		},
	},
	"exactly one new version with a value of its own": {
		broken({ stack, lane, base }) {
			const versions = stack.vault.owner.versions(lane.name);
			return unlikeOneNew(base, versions.slice(versions.findIndex(({ version }) => version === base.version) + 1));
		},
	},
	"no pending secret is left to go on with": {
		broken({ stack, lane }) {
			const pending = stack.vault.owner.get(`${lane.name}-pending`);
			return isOpen(pending) ? `${pending?.version} is enabled` : undefined;
		},
	},
	"each pod proves the live version": {
		of: ({ delivers }) => delivers,
		async broken({ stack, lane, pods: podsNow }) {
			const pods = await podsNow();
			return allProve(pods, stack.vault.owner.get(lane.name)?.version)
				? undefined
				: pods.map(({ name, ready, version }) => `${name} ${ready ? "ready" : "not ready"} ${version}`).join(", ");
		},
	},
};

/**
 * One that was published and taken back is followed by a version with the old value, and then by the next one: the same
 * value again, or where the rotation had ended that of another. That one goes on in the first one's name where nobody could
 * prove the old password at its end, because the database was down: its pending secret was left to be found.
 * @param since the versions after `base`, the oldest first
 */
export function unlikeOneNew(base: SecretVersion, since: readonly SecretVersion[]): string | undefined {
	const made = since.filter(({ value }) => value !== base.value);
	const values = new Set(made.map(({ value }) => value)).size;
	const makers = new Set(made.map(({ tags }) => tags[rotationId])).size;
	const inTurn = since.every(({ value }, at) => (value === base.value) === (at % 2 === 1));
	return inTurn && since.length % 2 === 1 && makers <= values
		? undefined
		: `${made.length} new versions, ${values} values, ${makers} rotations, ${since.length - made.length} taken back (${since.map(whose).join(", ")})`;
}

/** Enough to find its rotation on the audit log. */
const whose = ({ version, tags }: SecretVersion): string => {
	const [by, word] = tags[rotationId] ? [tags[rotationId], "by"] : [tags[takenBack] ?? "nobody", "back from"];
	return `${version.slice(0, 6)} ${word} ${by.slice(-12)}`;
};

export const allProve = (pods: Proof["pods"], live: string | undefined): boolean =>
	pods.length > 0 && pods.every(({ ready, version }) => ready && version === live);

/** A rotation would go on with it. */
export const isOpen = (pending: SecretVersion | undefined): boolean =>
	pending?.enabled === true && pending.tags[rotationId] !== undefined;

/** What another lane's fault does to the server at this moment is not what is asked here. */
const answerTo = (url: string): Promise<string> =>
	until("an answer of the database", 60, async () => {
		const code = await login(url);
		return code === "in" || code.startsWith("28") ? code : undefined;
	}).catch((error: Error) => error.message);
