// What uses the passwords all the while: an application that reads the vault again before each login, and one that
// calls titanic-api. What fails is kept until the ledger can judge it.
// CL1. A failure is judged only when all that the database has logged until then is in the ledger.

import { login } from "../proof.ts";
import type { Stack } from "../stack.ts";
import { type Traffic, traffic } from "../traffic.ts";
import { names } from "../world.ts";
import type { Lane } from "./lanes.ts";
import { type FailedLogin, type Ledger, passwordsSetIn, type Verdict } from "./ledger.ts";

export interface Counted {
	readonly attempts: number;
	readonly failed: Readonly<Record<Verdict, number>>;
	/** Those outside, in words. */
	readonly broken: readonly string[];
}

export interface Clients extends AsyncDisposable {
	/** Judges what has failed so far. */
	settle(): Promise<{ logins: Counted; requests: Counted }>;
}

const everyMs = { login: 60, request: 120 };

export function clients(stack: Stack, lanes: readonly Lane[], ledger: Ledger): Clients {
	const stopped = new AbortController();
	const logins = counter();
	const requests = counter();
	let undecided: FailedLogin[] = [];
	let unjudged: { began: number; ended: number; problem: string }[] = [];

	const users = lanes.filter(({ roles }) => roles.length > 0);
	async function keepLoggingIn(): Promise<void> {
		for (let turn = 0; !stopped.signal.aborted; turn++) {
			const lane = users[turn % users.length] as Lane;
			const versions = stack.vault.owner.versions(lane.name);
			const { version = "", value = "" } = versions.at(-1) ?? {};
			const began = Date.now();
			logins.attempts++;
			const { role } = loginOf(lane, value);
			const code = await login(urlFor(stack, lane, value));
			if (code === "in") ledger.loggedIn(role, began);
			else {
				const tookBack = versions.slice(0, -1).some((earlier) => earlier.value === value);
				const how = { tookBack, ...(lane.strategy === "alternating-users" && { takesTurns: true as const }) };
				undecided.push({ role, secret: lane.name, version, ...how, began, ended: Date.now(), code });
			}
			await new Promise((resolve) => setTimeout(resolve, everyMs.login));
		}
	}

	const loggingIn = keepLoggingIn();
	const calls: Traffic = traffic(stack.service.url, {
		everyMs: everyMs.request,
		onFailed: (began, problem) => void unjudged.push({ began, ended: Date.now(), problem }),
	});

	let read = 0;
	async function readLog(): Promise<void> {
		const text = await stack.postgres.log(read);
		// The last line may be half written.
		const whole = text.slice(0, text.lastIndexOf("\n") + 1);
		read += Buffer.byteLength(whole);
		for (const { role, at } of passwordsSetIn(whole)) ledger.passwordSet(role, at);
	}

	/** One at a time: each reads the log on from where the one before it stopped. */
	let settling: Promise<unknown> = Promise.resolve();
	return {
		settle() {
			const mine = settling.then(judge);
			settling = mine.catch(() => {});
			return mine;
		},
		async [Symbol.asyncDispose]() {
			stopped.abort();
			await Promise.all([loggingIn, calls[Symbol.asyncDispose]()]);
		},
	};

	async function judge() {
		const [failedLogins, failedRequests] = [undecided, unjudged];
		[undecided, unjudged] = [[], []];
		await readLog();
		for (const failed of failedLogins) {
			logins.count(ledger.judgeLogin(failed), `${failed.role} ${failed.code} at ${clock(failed.began)}`);
		}
		for (const failed of failedRequests) {
			requests.count(ledger.judgeRequest(failed), `${failed.problem} at ${clock(failed.began)}`);
		}
		requests.attempts = calls.requests;
		return { logins, requests };
	}
}

/** Whom a value of the lane's secret lets in. */
export function loginOf({ roles, strategy }: Lane, value: string): { role: string; password: string } {
	if (strategy !== "alternating-users") return { role: roles[0] ?? "", password: value };
	const { username: role, password } = JSON.parse(value) as { username: string; password: string };
	return { role, password };
}

export function urlFor({ postgres }: Stack, lane: Lane, value: string): string {
	const { role, password } = loginOf(lane, value);
	return `postgresql://${role}:${encodeURIComponent(password)}@${postgres.host}:${postgres.port}/${names.database}`;
}

const clock = (at: number) => new Date(at).toISOString().slice(11, 23);

function counter() {
	const failed: Record<Verdict, number> = { "in the gap": 0, outage: 0, outside: 0 };
	const broken: string[] = [];
	return {
		attempts: 0,
		failed,
		broken,
		count(verdict: Verdict, what: string) {
			failed[verdict]++;
			if (verdict === "outside") broken.push(what);
		},
	};
}
