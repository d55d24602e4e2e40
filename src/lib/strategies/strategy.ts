// A strategy, as its folder describes it: how one managed secret's password is changed.
// SY1. Nobody else knows what a secret's value is made of. Otherwise: a login is tried with a whole connection string for a
//      password, is rejected, and everybody who asks concludes that somebody has changed it.

import type * as z from "zod";
import type { PastValue } from "../domain/keyring.ts";
import type { Password } from "../domain/password.ts";
import type { Itself, Values } from "../domain/render.ts";
import type { Login } from "./login.ts";

export interface Strategy<F extends z.ZodRawShape, S, P extends Place | undefined = undefined> {
	/** What the configuration gives for it, beside what every secret has; `strategy` is a literal, the folder's name. */
	readonly fields: F;
	/** @param server the one that the secret names, where the strategy has one */
	of(secret: S, server: P): Content;
}

/** Where a server is, as secrets are rendered with. */
export type Place = Omit<Values, "role" | "password">;

/** What the values of one managed secret are. */
export interface Content {
	/** Absent where only consumers know the value: then it is in force where it is live. */
	readonly account?: Account;
	/**
	 * A value that was never in use.
	 * @param live the one that it is to replace, where it can be read
	 */
	fresh(live?: Password): Password;
	/** What is in a value, and derived secrets are written with; `undefined` where it does not have the form that the configuration gives. */
	read(value: Password): Values | Itself | undefined;
	/** Where what an old key signed is still accepted. */
	readonly keyring?: Keyring;
}

/** Values of several keys: see domain/keyring.ts. A fresh value is one key. */
export interface Keyring {
	/** What was replaced before is needed by nobody now. */
	neededFrom(now: Date): Date;
	accepts(value: Password, other: Password): boolean;
	signsAs(one: Password, other: Password): boolean;
	accepting(live: Password, next: Password): Password;
	signing(next: Password, past: readonly PastValue[], from: Date): Password;
}

/** Whom values let in. */
export interface Account {
	readonly server: string;
	/** Of two, a value lets one in: they take turns. The first one has the lock of both. */
	readonly roles: readonly [string, string?];
	/** Of two: the role that both are members of and act as. */
	readonly owner?: string;
	readonly login: Login;
	/** Of two: when what was live before is to open nothing any more. */
	readonly retire?: { readonly afterHours: number; readonly poolLifetimeMinutes: number };
}

/** The other one is set while this one is in use: what is live stays in force whatever becomes of the new value. */
export const takesTurns = ({ roles }: Account): boolean => roles.length > 1;
