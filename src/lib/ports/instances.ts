// Which instances of the app are at work at this moment.

export interface Instances {
	/**
	 * Notes that this instance is at work, and then looks who else is.
	 * @throws Fault or the storage's own error: nothing is known anew
	 */
	renew(): Promise<Seen>;
}

export interface Seen {
	/** How many are at work, this one too. */
	readonly live: number;
	/** This one's place among them, from 0. One that stays never gets a later place because others leave. */
	readonly rank: number;
	/** The others did not count this one before. */
	readonly isNew: boolean;
}
