// How long the password in the vault did not log in, over all tries of one switch: from ALTER ROLE committed until it does
// again, because the new one was published or because the old one was set again.
// GP1. A try that died leaves no word of it. Where the next one finds its password in force, the gap began with that try's mark:
//      it is reported as too long, by the time before ALTER ROLE, rather than not at all. Kept by: open-switch.test.ts.

/** What earlier tries say of a switch, by its credential. */
export interface Tried {
	readonly credentialId: string;
	/** The gaps that have ended, in milliseconds. */
	readonly gapMs: number;
	/** ISO 8601; the gap that has not. */
	readonly openSince?: string;
}

export interface Gap {
	/** When a try began that died, or left its gap open: the gap began then, if this run finds that there is one. */
	readonly perhapsSince?: Date;
	/** Does nothing while it is open. */
	open(at: Date): void;
	/** Does nothing while it is closed. */
	close(at: Date): void;
	/** All of it that has ended; `undefined` where there was none. */
	readonly ms: number | undefined;
	readonly openSince: Date | undefined;
}

export function gapAfter(tried?: Pick<Tried, "gapMs">, perhapsSince?: Date): Gap {
	let ms = tried?.gapMs;
	let openSince: Date | undefined;
	return {
		...(perhapsSince && { perhapsSince }),
		open(at) {
			openSince ??= at;
		},
		close(at) {
			if (openSince) ms = (ms ?? 0) + Math.max(0, at.getTime() - openSince.getTime());
			openSince = undefined;
		},
		get ms() {
			return ms;
		},
		get openSince() {
			return openSince;
		},
	};
}
