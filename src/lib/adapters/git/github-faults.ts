// Why GitHub gives no token, as far as it says.
// GT1. By status and header where these say it, else by words that GitHub is known to use; what it says is never repeated.
//      Otherwise: a proxy's page, with what was sent, is in a fault.
// GT2. A clock that differs is recognized by the header `Date`. Otherwise: people look for a wrong key, since GitHub answers 401 to both.
// Both kept by: github-app.test.ts. Statuses and words as others have reported them; a real GitHub was not asked.

import { Fault } from "../../domain/fault.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Answer } from "./exchange.ts";
import { troubleOf } from "./faults.ts";

interface Asked {
	readonly app: string;
	readonly installation: number;
	readonly api: string;
	readonly key: string;
	readonly repository: string;
	readonly opensPullRequests?: boolean;
	readonly clock: Clock;
}

export interface Limited {
	readonly until: number;
	readonly fault: Fault;
}

export const foreign = (api: string): Fault => new Fault("github-foreign", { api });

/** @returns a Fault for what GitHub or the network failed; any other error as it is: a defect of ours */
export function asGitHubFault(error: unknown, asked: Asked): unknown {
	if (error instanceof Fault) return error;
	const { api } = asked;
	if (isAnswer(error)) return ofAnswer(error, asked);
	const trouble = troubleOf(error);
	if (trouble?.detail === "TOO_LARGE") return foreign(api);
	return trouble ? new Fault(`github-${trouble.what}`, { api, detail: trouble.detail }, error) : error;
}

function ofAnswer(answer: Answer, asked: Asked): Fault {
	const { app, installation, api, key, repository, clock } = asked;
	const { status } = answer;
	const seconds = pauseIn(answer, clock.now());
	if (seconds !== undefined) return new Fault("github-rate-limited", { app, seconds });
	if (status === 408 || status >= 500) return new Fault("github-unreachable", { api, detail: `HTTP ${status}` });
	if (!isJson(answer)) return foreign(api);
	const words = answer.bytes.toString("utf8");
	switch (status) {
		case 401: {
			const ahead = aheadBy(answer, clock.now());
			return ahead !== undefined && (ahead >= 60 || ahead <= -9 * 60)
				? new Fault("github-clock-differs", { api, seconds: Math.abs(ahead), where: ahead > 0 ? "ahead of" : "behind" })
				: new Fault("github-app-unauthorized", { app, key });
		}
		case 403:
			return words.includes("suspended")
				? new Fault("github-installation-suspended", { app, installation })
				: new Fault("github-app-refused", { app, installation });
		case 404:
			return new Fault("github-installation-missing", { app, installation });
		case 422:
			if (words.includes("permissions requested"))
				return new Fault("github-permission-missing", { app, installation, permission: permissionText(asked) });
			if (words.includes("at least one repository"))
				return new Fault("github-repository-excluded", { app, installation, repository });
	}
	return foreign(api);
}

/** GitHub does not say which one is missing. */
const permissionText = ({ opensPullRequests }: Asked): string =>
	`Contents: Read and write${opensPullRequests ? ", or Pull requests: Read and write" : ""}`;

/** However long GitHub says: an absurd header must not close the repository until the app's next start. */
const longestSeconds = 3600;

/** @returns for how long not to ask again, where the answer says so. @see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
export function pauseIn({ status, headers, bytes }: Answer, now: Date): number | undefined {
	if (status !== 403 && status !== 429) return undefined;
	const after = headers["retry-after"];
	if (after !== undefined && /^\d{1,9}$/.test(after)) return Math.min(Number(after), longestSeconds);
	const reset = String(headers["x-ratelimit-reset"] ?? "");
	if (headers["x-ratelimit-remaining"] === "0" && /^\d{1,12}$/.test(reset))
		return Math.min(Math.max(1, Number(reset) - Math.floor(now.getTime() / 1000)), longestSeconds);
	return status === 429 || bytes.includes("rate limit") ? 60 : undefined;
}

export function limitedUntil(fault: unknown, error: unknown, now: Date): Limited | undefined {
	if (!(fault instanceof Fault) || fault.code !== "github-rate-limited" || !isAnswer(error)) return undefined;
	return { fault, until: now.getTime() + (pauseIn(error, now) ?? 0) * 1000 };
}

/** @returns by how many seconds our clock is ahead of theirs */
function aheadBy({ headers }: Answer, now: Date): number | undefined {
	const theirs = Date.parse(headers.date ?? "");
	return Number.isNaN(theirs) ? undefined : Math.round((now.getTime() - theirs) / 1000);
}

const isJson = ({ headers }: Answer): boolean => /^application\/(\S+\+)?json\b/.test(headers["content-type"] ?? "");
const isAnswer = (error: unknown): error is Answer => typeof (error as Answer | undefined)?.status === "number";
