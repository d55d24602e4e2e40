// What went wrong, and what to do next.

import { ApiProblem } from "../../api/client.ts";
import type { Problem } from "../answers.ts";
import { useAround } from "../around.ts";
import { SignInNeeded } from "../session.ts";
import { timeText } from "../words.ts";

export const ProblemBox = ({ problem, word }: { problem: Problem; word?: string }) => (
	<div class="problem">
		<p>
			{word && <b>{word}: </b>}
			<bdi>{problem.message}</bdi> <code>{problem.code}</code>
		</p>
		<p class="next">
			Next: <bdi>{problem.next}</bdi>
		</p>
	</div>
);

/** Why there is nothing new to see. @param at when there was, in milliseconds since 1970 */
export function Trouble({ error, at }: { error: Error | undefined; at?: number | undefined }) {
	const { signInAgain } = useAround();
	if (!error) return null;
	const isOver = error instanceof SignInNeeded || (error instanceof ApiProblem && error.status === 401);
	return (
		<div class="problem" role="alert">
			<p>
				<bdi>{error.message}</bdi> {error instanceof ApiProblem && <code>{error.code}</code>}
			</p>
			{error instanceof ApiProblem && (
				<p class="next">
					Next: <bdi>{error.next}</bdi>
				</p>
			)}
			{at !== undefined && <p class="next">What is shown is as of {timeText(new Date(at).toISOString())}.</p>}
			{isOver && (
				<button type="button" onClick={signInAgain}>
					Sign in again
				</button>
			)}
		</div>
	);
}
