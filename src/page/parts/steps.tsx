// The steps of a run as they go.

import type { Rotation } from "../answers.ts";
import { durationText, stepText, type Tone } from "../words.ts";
import { Shape } from "./state.tsx";

export function Steps({ rotation: { steps, now, retrying, outcome } }: { rotation: Rotation }) {
	const end: Tone | undefined = outcome && (badEnds.has(outcome) ? "bad" : "good");
	return (
		<ol class="steps">
			{steps.map(({ name, ms, failedTries, lastCode }) => (
				<li key={name}>
					<Shape tone="good" />
					<span>
						{stepText(name)}
						{failedTries !== undefined && failedTries > 0 && (
							<small>
								after {failedTries} failed {failedTries === 1 ? "try" : "tries"} <code>{lastCode}</code>
							</small>
						)}
					</span>
					<span class="took">{durationText(ms)}</span>
				</li>
			))}
			{now !== undefined && (
				<li key="now" aria-current="step">
					<Shape tone={retrying ? "warn" : "busy"} />
					<span>{now}</span>
				</li>
			)}
			{outcome === undefined && now === undefined && (
				<li key="begin">
					<Shape tone="busy" />
					<span>{steps.length === 0 ? "It is about to begin." : "The next step begins."}</span>
				</li>
			)}
			{end && (
				<li key="end">
					<Shape tone={end} />
					<span>{end === "bad" ? "It ended without having done all of it" : "It is over"}</span>
				</li>
			)}
		</ol>
	);
}

const badEnds: ReadonlySet<string> = new Set(["refused", "compensated", "published-not-delivered", "interrupted"]);
