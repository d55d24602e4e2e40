// Every secret: where it is, and what of its live version the policy asks. In columns, since there may be a hundred thousand.
// SS1. When a secret is due, and when its next version expires, the product says.

import { type Calendar, type Held, heldBy } from "../src/lib/domain/calendar.ts";
import { dueOf, expiryOf } from "../src/lib/domain/policy.ts";
import { type Spread, spreadOf } from "../src/lib/domain/spread.ts";
import { type Options, secretsAnApp } from "./options.ts";

export interface Secrets {
	readonly count: number;
	id(secret: number): string;
	app(secret: number): number;
	vault(secret: number): number;
	server(secret: number): number;
	namespace(secret: number): number;
	readonly spread: readonly Spread[];
	readonly created: Float64Array;
	readonly expires: Float64Array;
	readonly dueAt: Float64Array;
	readonly version: Uint32Array;
	/** 1: a run of it is under way. */
	readonly isRunning: Uint8Array;
	/** A new version is live. */
	renew(secret: number, now: number): void;
}

const day = 86_400_000;

/** Nobody begins overdue: what was due before has been rotated by then. */
export function secretsOf(options: Options, start: number, random: () => number): Secrets {
	const { secrets: count, vaults, servers, namespaces, importDays, secret } = options;
	const { rotateEveryDays, expiryMarginDays, spreadDays } = secret;
	const of = (many: number) => (one: number) => Math.floor((one * many) / count);
	const id = (one: number) => `secret-${String(one).padStart(6, "0")}`;
	const made: Secrets = {
		count,
		id,
		app: (one) => Math.floor(one / secretsAnApp),
		vault: of(vaults),
		server: of(servers),
		namespace: of(namespaces),
		spread: Array.from({ length: count }, (_, one) => spreadOf(id(one), spreadDays)),
		created: new Float64Array(count),
		expires: new Float64Array(count),
		dueAt: new Float64Array(count),
		version: new Uint32Array(count),
		isRunning: new Uint8Array(count),
		renew(one, now) {
			const created = new Date(now);
			const expires = expiryOf(created, rotateEveryDays, expiryMarginDays);
			const spread = made.spread[one]!;
			const { dueAt } = dueOf({ now: created, created, expires, rotateEveryDays, expiryMarginDays, spread });
			made.created[one] = now;
			made.expires[one] = expires.getTime();
			made.dueAt[one] = dueAt.getTime();
			made.version[one]!++;
		},
	};
	for (let one = 0; one < count; one++) {
		made.renew(one, start - random() * importDays * day);
		while (made.dueAt[one]! <= start) made.renew(one, made.dueAt[one]!);
	}
	return made;
}

const minute = 60_000;

/**
 * Windows and freezes as the product judges them, asked once a minute: they open and close at whole minutes. What is closed until
 * some time is not asked about before.
 * @returns what holds back a rotation that no person has ordered
 */
export function gateOf({ secret, freezes }: Pick<Options, "secret" | "freezes">) {
	const calendar: Calendar = { ...secret, freezes };
	const { expiryBeatsWindowDays } = secret;
	const isAlwaysOpen = secret.windows.length === 0 && freezes.length === 0;
	const known: Record<"near" | "far", { from: number; to: number; held: Held | undefined }> = {
		near: { from: 0, to: 0, held: undefined },
		far: { from: 0, to: 0, held: undefined },
	};
	return (now: number, expires: number): Held | undefined => {
		if (isAlwaysOpen) return undefined;
		const isNear = expires - now < expiryBeatsWindowDays * day;
		const last = known[isNear ? "near" : "far"];
		if (now >= last.from && now < last.to) return last.held;
		last.from = Math.floor(now / minute) * minute;
		last.held = heldBy(calendar, "any", new Date(last.from), new Date(isNear ? last.from : last.from + 1_000 * day));
		const until = last.held && "until" in last.held && last.held.until !== undefined ? Date.parse(last.held.until) : 0;
		last.to = Math.max(last.from + minute, until);
		return last.held;
	};
}
