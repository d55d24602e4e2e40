// What happened when: versions published, passwords set, outages that the soak itself made. By it a login or request that
// failed is judged.
// LG1. The gap is what the database and the vault say, not what a rotation says of itself: a password was set (the
//      server's log) later than the version that the client had read was published, and nobody has logged in since. On
//      the way back it is the other way round: the old password is live again, and the database has yet to follow.
// LG2. A connection that was refused or cut is an outage of the soak's own making only while it restarts the server.
//      Any other is a failure. Otherwise: whatever the rotator breaks hides behind a fault.

export interface Interval {
	readonly from: number;
	to: number;
}

export interface FailedLogin {
	readonly role: string;
	readonly secret: string;
	/** The version that was live when the client looked. */
	readonly version: string;
	/** That version has the value of an earlier one: the one between was taken back. */
	readonly tookBack: boolean;
	/** Two roles take turns: no login fails at any time. */
	readonly takesTurns?: true;
	/** Milliseconds since 1970, as all times here. */
	readonly began: number;
	readonly ended: number;
	/** SQLSTATE, or the error's code. */
	readonly code: string;
}

export type Verdict = "in the gap" | "outage" | "outside";

export interface Ledger {
	published(secret: string, version: string, at: number): void;
	passwordSet(role: string, at: number): void;
	loggedIn(role: string, began: number): void;
	/** Begins an outage. @returns a function that ends it */
	outage(): () => void;
	/** A rotation with a workload begins. @returns a function that ends it: every pod has the live version */
	delivery(): () => void;
	judgeLogin(failed: FailedLogin): Verdict;
	judgeRequest(failed: { began: number; ended: number; problem: string }): Verdict;
}

/** Clocks of one machine, but log lines are written a moment apart from what they report. */
const slackMs = 100;
/** After a restart: until pools and probes have noticed. */
const recoveryMs = 2_000;

export function ledger(now: () => number = Date.now): Ledger {
	const publications: { readonly secret: string; readonly version: string; readonly at: number }[] = [];
	const sets = new Map<string, number[]>();
	const logins = new Map<string, number[]>();
	const outages: Interval[] = [];
	const deliveries: Interval[] = [];
	const open = (list: Interval[], restMs: number) => {
		const interval = { from: now(), to: Number.POSITIVE_INFINITY };
		list.push(interval);
		return () => {
			interval.to = now() + restMs;
		};
	};
	const of = (map: Map<string, number[]>, role: string) => {
		const found = map.get(role) ?? [];
		map.set(role, found);
		return found;
	};
	const overlaps = (one: Interval, { began, ended }: { began: number; ended: number }) =>
		one.from - slackMs <= ended && one.to >= began;
	const inOutage = (failed: { began: number; ended: number }) => outages.some((one) => overlaps(one, failed));

	/**
	 * From the old password published again until the database follows, or the next version where it could not. A run that is
	 * killed on its way back goes forward again: what it sets then is not the old password, and nobody gets in before it is published.
	 */
	function isWayBack({ secret, role, version, tookBack, began }: FailedLogin, from: number, worked: number): boolean {
		if (!tookBack || worked > from + slackMs) return false;
		const since = (times: readonly number[]) => Math.min(...times.filter((at) => at >= from));
		const others = publications.filter((one) => one.secret === secret && one.version !== version);
		const next = since(others.map(({ at }) => at));
		const set = since(of(sets, role));
		const follows = of(logins, role).some((at) => at > set && at < next) || next === Number.POSITIVE_INFINITY;
		const ends = follows ? Math.min(set, next) : next;
		return ends < Number.POSITIVE_INFINITY && began <= ends + slackMs;
	}

	return {
		published: (secret, version, at) => void publications.push({ secret, version, at }),
		passwordSet: (role, at) => void of(sets, role).push(at),
		loggedIn: (role, began) => void of(logins, role).push(began),
		outage: () => open(outages, recoveryMs),
		delivery: () => open(deliveries, 0),
		judgeLogin(failed) {
			if (failed.code !== "28P01" || failed.takesTurns) return inOutage(failed) ? "outage" : "outside";
			const worked = of(logins, failed.role).findLast((began) => began < failed.began) ?? Number.NEGATIVE_INFINITY;
			const from = publications.find(({ version }) => version === failed.version)?.at ?? Number.NEGATIVE_INFINITY;
			const later = of(sets, failed.role).filter((at) => at > from);
			// The first one after a way back is the database that follows.
			const overtaken = (failed.tookBack ? later.slice(1) : later).some(
				(at) => at >= worked - slackMs && at <= failed.ended + slackMs,
			);
			return overtaken || isWayBack(failed, from, worked) ? "in the gap" : "outside";
		},
		judgeRequest(failed) {
			if (inOutage(failed)) return "outage";
			// The restart cut the pods' open sessions while they had the old password only: until the copy is new, they
			// cannot open others. No single-user rotation can spare them that.
			const cutOff = deliveries.some(
				(delivery) =>
					overlaps(delivery, failed) &&
					outages.some(
						(outage) => outage.from <= failed.ended && outage.to >= delivery.from && outage.from <= delivery.to,
					),
			);
			return cutOff && failed.problem.includes("28P01") ? "outage" : "outside";
		},
	};
}

const alter = /^(\d{4}-\d\d-\d\d) ([\d:.]+) UTC .*statement: ALTER ROLE "([^"]+)" PASSWORD/;

/** Passwords that were set, by the database's own log. */
export function passwordsSetIn(log: string): { role: string; at: number }[] {
	return log.split("\n").flatMap((line) => {
		const [, day, time, role] = alter.exec(line) ?? [];
		return role === undefined ? [] : [{ role, at: Date.parse(`${day}T${time}Z`) }];
	});
}
