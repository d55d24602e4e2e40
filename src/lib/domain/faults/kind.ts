// One code of a fault: is it worth another try, what does it say, what is to be done.

/** `Names`: what a fault of this code must name, as texts or numbers. Never a secret, verifier, token or connection string. */
export interface Kind<Names> {
	/** True: the same call may work later, so it is thrown and retried. */
	readonly transient: boolean;
	/** One sentence that names the thing at fault. */
	readonly says: (names: Names) => string;
	/** What the reader does next. */
	readonly next: string;
}

export const transient = <Names>(says: Kind<Names>["says"], next: string): Kind<Names> => ({
	transient: true,
	says,
	next,
});

export const final = <Names>(says: Kind<Names>["says"], next: string): Kind<Names> => ({
	transient: false,
	says,
	next,
});
