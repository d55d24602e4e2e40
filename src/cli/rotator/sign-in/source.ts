// One way to a token.

import type { Around } from "../around.ts";
import { usage } from "../parse.ts";

export interface Token {
	readonly token: string;
	/** Milliseconds since 1970; absent where nobody knows. */
	readonly expiresAt?: number;
}

/** @returns `undefined` where this way is not set up: the next one is tried */
export type TokenSource = (around: Around, scope: string | undefined) => Promise<Token | undefined>;

/** What az and azd take as an argument: an API's id, and nothing that could be an option. */
export function checkedScope(scope: string | undefined): string {
	if (scope === undefined)
		throw usage(
			"The scope of the app's tokens is not known.",
			"Set ROTATOR_SCOPE or give --scope: api://<app id>/.default.",
		);
	if (!/^[a-z][a-z0-9+.-]*:\/\/[\w.:/-]+$|^[0-9a-f-]{36}\/[\w.-]+$/i.test(scope))
		throw usage("The scope does not have the form of one.", "Give api://<app id>/.default.");
	return scope;
}
