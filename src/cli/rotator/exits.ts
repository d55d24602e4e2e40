// What the exit code says, for scripts: the same for every command that asks the app.
// RCE1. No sign-in and a sign-in that is refused are one code. Otherwise: a script that signs in again on 4 misses the token
//      that has expired. Kept by: test/unit/cli/exits.test.ts.

import { ApiProblem, ApiUnreachable } from "../../api/client.ts";
import type { Rotation } from "./answers.ts";
import { NotUnderstood } from "./understood.ts";

export const exits = { done: 0, endedBadly: 1, usage: 2, waiting: 3, signIn: 4, unreachable: 5 } as const;

export const meanings: readonly (readonly [number, string])[] = [
	[exits.done, "done"],
	[exits.endedBadly, "it ended badly, or the app refused it"],
	[exits.usage, "wrong arguments; nothing was done"],
	[exits.waiting, "still waiting: for an approval, --timeout, Ctrl-C, or a cancellation that is not seen yet"],
	[exits.signIn, "not signed in, or without the app role"],
	[exits.unreachable, "the app cannot be reached, or cannot answer now"],
];
/** npm ends with it, whatever the command answers. */
export const throughNpm = "Started by npm run, Ctrl-C gives 130: npm's own code.";

/** No token could be had. */
export class SignInFailed extends Error {
	readonly next: string;
	constructor(sentence: string, next: string) {
		super(sentence);
		this.next = next;
	}
}

/** @returns `undefined` for what is no error of the API's or of the sign-in's */
export function exitOfError(error: unknown): number | undefined {
	if (error instanceof SignInFailed) return exits.signIn;
	if (error instanceof ApiUnreachable) return exits.unreachable;
	if (error instanceof NotUnderstood) return exits.endedBadly;
	if (!(error instanceof ApiProblem)) return undefined;
	const { status, code } = error;
	if (status === 401 || status === 403) return exits.signIn;
	if (isBusy(error) || code === "foreign-answer") return exits.unreachable;
	return status === 400 ? exits.usage : exits.endedBadly;
}

/** It may answer later. */
export const isBusy = ({ status }: ApiProblem): boolean => [429, 502, 503, 504].includes(status);

const good: ReadonlySet<Rotation["outcome"]> = new Set(["completed", "skipped", "planned"]);

export const exitOf = ({ outcome, code }: Pick<Rotation, "outcome" | "code">): number =>
	outcome === undefined || code === "awaiting-approval"
		? exits.waiting
		: good.has(outcome)
			? exits.done
			: exits.endedBadly;
