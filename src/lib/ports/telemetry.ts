// What people who watch the app by OpenTelemetry get, besides the app's log. Nothing here fails, and nothing waits for it,
// except for two seconds at the very end of a run.

import type { Notice } from "../domain/notice.ts";
import { directly, type Perform } from "./effect.ts";

export interface Telemetry {
	/** The seam of calls to the outside: a span each, inside of the activity that makes them. */
	readonly perform: Perform;
	/** One execution of an activity. */
	activity<T>(run: ActivityRun, act: () => Promise<T>): Promise<T>;
	/** What went to the app's log, once more as metrics. */
	told(notice: Notice): void;
}

export interface ActivityRun {
	readonly name: string;
	/** Of whose rotation and secret it is, where it is of one. */
	readonly input: unknown;
	/** The Functions invocation id. */
	readonly attempt: string;
}

/** Nobody watches. */
export const silent: Telemetry = { perform: directly, activity: (_, act) => act(), told() {} };
