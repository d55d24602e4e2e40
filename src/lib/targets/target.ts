// A target, as its folder describes it.

import type * as z from "zod";
import type { Budget } from "../ports/budget.ts";
import type { Database } from "../ports/database.ts";
import type { Perform } from "../ports/effect.ts";

export interface Target<S extends z.ZodType> {
	/** What the configuration gives for a server of it. */
	readonly schema: S;
	/**
	 * Loads its client only now: registering the functions loads none.
	 * @param of.ca PEM; the system's by default
	 */
	open(of: {
		readonly name: string;
		readonly server: z.infer<S>;
		readonly ca?: string;
		readonly perform?: Perform;
		/** Of the app's own identity. `anew`: the one before was refused. */
		readonly token?: (options?: { readonly anew: boolean }) => Promise<string>;
		/** How many sessions this process has on it at once. */
		readonly sessions: Budget;
	}): Promise<Database>;
}
