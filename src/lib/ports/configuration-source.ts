// Where the configuration is, if not in the app's package.

import type { Source } from "../config/source.ts";

/** Its files as they are together at one moment. */
export interface Snapshot {
	/** The same as long as no file was changed. */
	readonly stamp: string;
	/** When one of them was changed last, ISO 8601. */
	readonly changedAt: string;
	readonly source: Source;
}
