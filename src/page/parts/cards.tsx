// A card each for what needs a person, and for what runs.

import type { ApprovalRow, RunningRun, SecretRow } from "../answers.ts";
import { hashOf } from "../route.ts";
import {
	approvals as approvalStates,
	dueText,
	healths,
	kinds,
	retryText,
	runState,
	sentence,
	states,
	waitText,
} from "../words.ts";
import { State } from "./state.tsx";
import { Ago } from "./time.tsx";
import { Why } from "./why.tsx";

export const Waiting = ({ approval: { id, secret, kind, requestedAt, expiresAt } }: { approval: ApprovalRow }) => (
	<li class="card">
		<div class="card-head">
			<a class="name" href={hashOf("approval", id)}>
				{kinds[kind]} of <bdi>{secret}</bdi>
			</a>
			<State {...approvalStates["awaiting-approval"]} />
		</div>
		<p>
			Asked for <Ago iso={requestedAt} />. Another person has to approve it; it expires <Ago iso={expiresAt} />.
		</p>
	</li>
);

export function Needing({ row }: { row: SecretRow }) {
	const { secret, health, state, dueInDays, running, waits } = row;
	const isHealthy = health.state === "healthy";
	return (
		<li class="card">
			<div class="card-head">
				<a class="name" href={hashOf("secret", secret)}>
					{secret}
				</a>
				{running?.retrying || running?.long ? (
					<State {...runState(running)} />
				) : (
					!isHealthy && <State {...healths[health.state]} />
				)}
				{(state === "expired" || state === "unreadable") && <State {...states[state]} />}
				{waits?.code === "people-only" && <State word="waits for a person" tone="warn" />}
			</div>
			<p>
				{running?.retrying ? (
					<>
						<bdi>{running.retrying.message}</bdi> Next try <Ago iso={running.retrying.nextTryAt} />.
					</>
				) : running?.long ? (
					(running.now ?? "It is about to begin.")
				) : health.code ? (
					<Why code={health.code} rotationId={health.rotationId} />
				) : waits ? (
					sentence(waitText(waits))
				) : (
					dueInDays !== undefined && sentence(dueText(dueInDays))
				)}
			</p>
			{(running?.rotationId ?? health.rotationId) && (
				<a href={hashOf("rotation", running?.rotationId ?? health.rotationId)}>What happened</a>
			)}
		</li>
	);
}

export const Running = ({
	run: { secret, kind, rotationId, now, requestedAt, retrying, long },
}: {
	run: RunningRun;
}) => (
	<li class="card">
		<div class="card-head">
			<a class="name" href={hashOf("rotation", rotationId)}>
				{kinds[kind]} of <bdi>{secret}</bdi>
			</a>
			<State {...runState({ retrying, long })} />
		</div>
		<p>
			{retrying ? retryText(retrying) : <bdi>{now ?? "It is about to begin."}</bdi>}{" "}
			<span class="dim">· asked for </span>
			<span class="dim">
				<Ago iso={requestedAt} />
			</span>
		</p>
	</li>
);
