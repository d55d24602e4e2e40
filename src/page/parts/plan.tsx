// What a dry run shows: what would change, and each check.

import type { Plan } from "../answers.ts";
import type { Tone } from "../words.ts";
import { Shape } from "./state.tsx";
import { Version } from "./version.tsx";

const tones = { passed: "good", warned: "warn", refused: "bad" } as const satisfies Record<string, Tone>;
/** What is wrong is read first. */
const order = ["refused", "warned", "passed"] as const;

export function PlanShown({ plan }: { plan: Plan }) {
	const { versions, roles, workloads, checks } = plan;
	return (
		<div class="plan">
			<h3>What changes</h3>
			<ul class="changes">
				{versions.map(({ secret, live, replaced }) => (
					<li key={secret}>
						Secret <b>{secret}</b> {replaced ? "gets a new version" : "stays as it is"}
						{live && (
							<>
								{" "}
								(live now: <Version id={live} />)
							</>
						)}
					</li>
				))}
				{roles.map(({ server, role }) => (
					<li key={role}>
						Role <b>{role}</b> on <bdi>{server}</bdi> gets a new password
					</li>
				))}
				{workloads.map(({ workload, restarts, exposureSeconds }) => (
					<li key={workload}>
						<b>{workload}</b>: {restarts === undefined ? "pods are replaced" : podsText(restarts)}
						{exposureSeconds !== undefined &&
							(exposureSeconds === 0 ? ", no request fails" : `, requests may fail for ${exposureSeconds} s`)}
					</li>
				))}
			</ul>
			<Checks checks={checks} />
		</div>
	);
}

const podsText = (count: number): string =>
	count === 0 ? "no pod is replaced" : `${count} pod${count === 1 ? " is" : "s are"} replaced`;

function Checks({ checks }: { checks: Plan["checks"] }) {
	const passed = checks.filter(({ result }) => result === "passed").length;
	const sorted = order.flatMap((wanted) => checks.filter(({ result }) => result === wanted));
	return (
		<details open={passed < checks.length}>
			<summary>
				{passed} of {checks.length} checks passed
			</summary>
			<ul class="checks">
				{sorted.map(({ check, result, message, code }) => (
					<li key={`${check} ${message}`}>
						<Shape tone={tones[result]} />
						<span>
							<span class="unseen">{result}: </span>
							<bdi>{check}</bdi>
							{message && (
								<>
									: <bdi>{message}</bdi>
								</>
							)}{" "}
							{code && <code>{code}</code>}
						</span>
					</li>
				))}
			</ul>
		</details>
	);
}
