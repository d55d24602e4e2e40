// One rotation, delivery, reconciliation or rollback: its steps as they go, who asked for it and why, what is tried again, and what each
// pod proves.

import { CancelAction } from "../actions/cancel.tsx";
import { DeliverAction } from "../actions/deliver.tsx";
import type { Retrying, Rotation } from "../answers.ts";
import { useAround } from "../around.ts";
import { useAnnounced } from "../parts/announce.tsx";
import { AuditRecords } from "../parts/audit.tsx";
import { Command } from "../parts/command.tsx";
import { Facts } from "../parts/facts.tsx";
import { Loading } from "../parts/loading.tsx";
import { Meaning } from "../parts/meaning.tsx";
import { PlanShown } from "../parts/plan.tsx";
import { ProblemBox, Trouble } from "../parts/problem.tsx";
import { Proofs } from "../parts/proofs.tsx";
import { State } from "../parts/state.tsx";
import { Steps } from "../parts/steps.tsx";
import { Ago, useNow } from "../parts/time.tsx";
import { Title } from "../parts/title.tsx";
import { Version } from "../parts/version.tsx";
import { usePolled } from "../polled.ts";
import { hashOf } from "../route.ts";
import { command } from "../shell.ts";
import { actorText, durationText, kinds, outcomes, retryText, runState, timeText } from "../words.ts";

export function RotationView({ id }: { id: string }) {
	const { call } = useAround();
	const { value, at, error, look } = usePolled<Rotation>(id, async (signal) => {
		const { body, retryAfter } = await call("showRotation", { id }, signal);
		// Seconds are what a person waits; the API's own pace is the slowest.
		return { value: body, seconds: retryAfter === undefined ? undefined : Math.min(2, retryAfter) };
	});
	useAnnounced(value && (value.outcome ? `It is over: ${outcomes[value.outcome]?.word}` : value.now));
	return (
		<>
			{value ? <Head rotation={value} look={look} /> : <Title name="Rotation">{id}</Title>}
			<Trouble error={error} at={at} />
			{value ? <Shown rotation={value} look={look} /> : !error && <Loading what="the rotation" />}
		</>
	);
}

const stateOf = (rotation: Rotation) => (rotation.outcome ? outcomes[rotation.outcome]! : runState(rotation));

function Head({ rotation, look }: { rotation: Rotation; look(): void }) {
	const { secret, kind, dryRun, outcome, rotationId, steps } = rotation;
	const { may } = useAround();
	const hasChanged = steps.some(({ name }) => name === "setSecret" || name === "finishSecret");
	const canCancel = outcome === undefined && !dryRun && !hasChanged && (kind === "rotate" || kind === "rollback");
	return (
		<div class="view-head">
			<div>
				<Title name={`${kinds[kind]} of ${secret}`}>
					{kinds[kind]} of <a href={hashOf("secret", secret)}>{secret}</a>
				</Title>
				<p class="under">
					<State {...stateOf(rotation)} />
					{dryRun && <span class="tag">dry run: nothing is changed</span>}
				</p>
			</div>
			{may("Rotation.Operate") && (
				<div class="actions">
					{canCancel && <CancelAction id={rotationId} secret={secret} done={look} />}
					{outcome === "published-not-delivered" && <DeliverAction secret={secret} />}
				</div>
			)}
		</div>
	);
}

function Shown({ rotation }: { rotation: Rotation; look(): void }) {
	const {
		rotationId,
		secret,
		retrying,
		problem,
		warnings = [],
		drift = [],
		plan,
		consumers = [],
		compromise,
	} = rotation;
	const { may } = useAround();
	return (
		<>
			{retrying && <RetryBox retrying={retrying} />}
			{problem && <ProblemBox problem={problem} />}
			{compromise?.left && <ProblemBox problem={compromise.left} word="Left open" />}
			<div class="columns">
				<section aria-labelledby="steps">
					<h2 id="steps">Steps</h2>
					<Steps rotation={rotation} />
				</section>
				<section aria-labelledby="about">
					<h2 id="about">Who, why and how</h2>
					<About rotation={rotation} />
				</section>
			</div>
			{plan && (
				<section aria-labelledby="plan" class="box">
					<h2 id="plan">Plan</h2>
					<PlanShown plan={plan} />
				</section>
			)}
			{[...warnings, ...drift].map((one) => (
				<ProblemBox key={one.code + one.message} problem={one} word={drift.includes(one) ? "Drift" : "Warning"} />
			))}
			{consumers.length > 0 && (
				<section aria-labelledby="proofs">
					<h2 id="proofs">Proof, pod by pod</h2>
					<Proofs consumers={consumers} live={rotation.version} isOver={rotation.outcome !== undefined} />
				</section>
			)}
			{may("Audit.Read") && (
				<section aria-labelledby="audit">
					<h2 id="audit">Audit records</h2>
					<AuditRecords rotation={rotationId} />
				</section>
			)}
			<section aria-labelledby="commands">
				<h2 id="commands">The same in a terminal</h2>
				<Command what="Follow it, or see how it ended" line={command`rotator watch ${rotationId}`} />
				<Command what="Earlier runs" line={command`rotator history ${secret}`} />
				<Command what="What was recorded (role Audit.Read)" line={command`rotator audit --rotation ${rotationId}`} />
			</section>
		</>
	);
}

const RetryBox = ({ retrying }: { retrying: Retrying }) => (
	<div class="problem retry">
		<p>
			<State word={retryText(retrying)} tone="warn" /> Next try <Ago iso={retrying.nextTryAt} />
			{retrying.givenUpAt && <>, given up at {timeText(retrying.givenUpAt)}</>}.
		</p>
		<p>
			<bdi>{retrying.message}</bdi> <code>{retrying.code}</code>
		</p>
		<p class="next">
			Next: <bdi>{retrying.next}</bdi>
		</p>
	</div>
);

function About({ rotation }: { rotation: Rotation }) {
	const { person } = useAround();
	const { requestedBy, requestedAt, reason, outcome, code, endedAt, previousVersion, version, broughtBack } = rotation;
	const { approval, derived = [], gapMs, exposure, retired, direction } = rotation;
	const now = useNow(1);
	const { kind, id } = requestedBy;
	const isYou = kind === "operator" && id === person.id;
	return (
		<Facts
			facts={[
				[
					"Asked for by",
					<>
						{isYou ? "you" : actorText(kind)}
						{!isYou && id && <small>{id}</small>}
					</>,
				],
				["When", <Ago key="when" iso={requestedAt} />],
				["Approved by", approval && <ApprovedBy approval={approval} />],
				["Reason", reason ?? <span class="dim">none was given</span>],
				["Direction", direction],
				[endedAt ? "Took" : "Runs for", durationText((endedAt ? Date.parse(endedAt) : now) - Date.parse(requestedAt))],
				["Started because", code && code !== outcome && code !== rotation.problem?.code && <Meaning code={code} />],
				["Outcome", outcome && <Meaning code={outcome} />],
				["Version before", previousVersion && <Version id={previousVersion} />],
				["Value of", broughtBack && <Version id={broughtBack} />],
				["New version", version && <Version id={version} />],
				[
					"Derived",
					derived.length > 0 &&
						derived.map((one) => (
							<span key={one.secret}>
								<bdi>{one.secret}</bdi> <Version id={one.version} />
							</span>
						)),
				],
				["Gap", gapMs !== undefined && `${durationText(gapMs)} from the database's change to the new version readable`],
				["Exposure", exposure && exposureText(exposure)],
				[
					"Retired",
					retired && (
						<>
							role <bdi>{retired.role}</bdi> on <bdi>{retired.server}</bdi>
						</>
					),
				],
			]}
		/>
	);
}

function ApprovedBy({ approval }: { approval: NonNullable<Rotation["approval"]> }) {
	const { id, approvedBy, approvedAt, reason, breakGlass } = approval;
	const { person } = useAround();
	return (
		<>
			{breakGlass && <State word="nobody: break-glass" tone="bad" />}{" "}
			{approvedBy && (approvedBy.id === person.id ? "you" : <bdi>{approvedBy.id}</bdi>)}
			{approvedAt && (
				<>
					{" "}
					<Ago iso={approvedAt} />
				</>
			)}
			{reason && <small>{reason}</small>}
			{id && <a href={hashOf("approval", id)}>Its approval</a>}
		</>
	);
}

function exposureText({ expectedSeconds, measuredSeconds }: NonNullable<Rotation["exposure"]>): string {
	const expected = expectedSeconds === 0 ? "no request should fail" : `requests may fail for ${expectedSeconds} s`;
	return measuredSeconds === undefined
		? expected
		: `${expected}; pods had the old password for ${measuredSeconds} s at most`;
}
