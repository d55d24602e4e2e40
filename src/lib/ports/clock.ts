/** The time of day, injected so that no decision and no test depends on the machine's. */
export interface Clock {
	now(): Date;
}
