// A strategy, as its folder describes it: how one managed secret's password is changed.
// SY1. Nobody else knows what a secret's value is made of. Otherwise: a login is tried with a whole connection string for a
//      password, is rejected, and everybody who asks concludes that somebody has changed it.

import type * as z from "zod";
import type { Password } from "../domain/password.ts";
import type { Values } from "../domain/render.ts";
import type { Login } from "./login.ts";

export interface Strategy<F extends z.ZodRawShape, S> {
	/** What the configuration gives for it, beside what every secret has; `strategy` is a literal, the folder's name. */
	readonly fields: F;
	/** @param server the one that the secret names */
	of(secret: S, server: Place): Content;
}

/** Where a server is, as secrets are rendered with. */
export type Place = Omit<Values, "role" | "password">;

/** What the values of one managed secret are. */
export interface Content {
	readonly account: Account;
	/** A value with a new password. */
	fresh(): Password;
	/** What is in a value, and derived secrets are written with; `undefined` where it has not the form that the configuration gives. */
	read(value: Password): Values | undefined;
}

/** Whom a value lets in. */
export interface Account {
	readonly server: string;
	readonly role: string;
	readonly login: Login;
}
