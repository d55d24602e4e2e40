// One code of a fault: what it says, what is to be done, and what follows from it for anyone who meets it.
// FK1. What follows is said here, once, by the code itself. Otherwise: each place that asks has a list of codes of its own, and
//      a new code is in none of them.

/** `Names`: what a fault of this code must name, as texts or numbers. Never a secret, verifier, token or connection string. */
export interface Kind<Names> {
	/** One sentence that names the thing at fault. */
	readonly says: (names: Names) => string;
	/** What the reader does next. */
	readonly next: string;
	/** The sentence ends with the code of the error it was made of, where that has one: `ECONNREFUSED`, `HTTP 503`. */
	readonly tellsCode?: true;
	/**
	 * Whether the same call may work later. `always`: the next moment may do. `after`: only a person can help, so nothing is
	 * begun; but once something has been changed, that person is given some minutes. `never`: it ends what met it.
	 * `turn`: nothing is wrong, others are served first.
	 */
	readonly waitingHelps: "always" | "turn" | "after" | "never";
	/**
	 * What a switch of database and vault leaves that ends with it. `untouched`: found out before anything was changed.
	 * `as-before`: whatever was changed is undone. `theirs`: logins have shown that somebody else's password is in force.
	 * `open`: vault and database may disagree, and the next run goes on.
	 */
	readonly leaves: "untouched" | "as-before" | "theirs" | "open";
	/** Of the HTTP answer. */
	readonly status: number;
}

type Says<Names> = Kind<Names>["says"];
/** Where a code differs from most of its sort. */
type Differs = Partial<Pick<Kind<never>, "leaves" | "status">>;

const sort =
	(usual: Pick<Kind<never>, "waitingHelps" | "leaves" | "status" | "tellsCode">) =>
	<Names>(says: Says<Names>, next: string, differs: Differs = {}): Kind<Names> => ({
		says,
		next,
		...usual,
		...differs,
	});

/** What may pass by itself. */
export const transient = sort({ waitingHelps: "always", leaves: "open", status: 503 });
/** What does not answer, or not as it should. */
export const unreachable = sort({ waitingHelps: "always", leaves: "open", status: 503, tellsCode: true });
/** What comes to an end by itself once others are served. */
export const queued = sort({ waitingHelps: "turn", leaves: "open", status: 503 });
/** What the people who run vault, cluster or app have to allow or to correct: perhaps they are about to. */
export const denied = sort({ waitingHelps: "after", leaves: "as-before", status: 500 });
export const final = sort({ waitingHelps: "never", leaves: "as-before", status: 500 });
