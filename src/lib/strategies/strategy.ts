// A strategy, as its folder describes it: how one managed secret's password is changed.

import type * as z from "zod";
import type { Password } from "../domain/password.ts";
import type { Values } from "../domain/render.ts";

export interface Strategy<F extends z.ZodRawShape, S> {
	/** What the configuration gives for it, beside what every secret has; `strategy` is a literal, the folder's name. */
	readonly fields: F;
	/** What derived secrets are written with. */
	values(secret: S, server: Omit<Values, "role" | "password">, password: Password): Values;
}
