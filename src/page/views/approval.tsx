// An order that waits for another person: who asked for it and why, the plan that an approval is bound to, and who decided what.

import { DecideActions } from "../actions/decide.tsx";
import type { Approval } from "../answers.ts";
import { useAround } from "../around.ts";
import { useAnnounced } from "../parts/announce.tsx";
import { Command } from "../parts/command.tsx";
import { Facts } from "../parts/facts.tsx";
import { Loading } from "../parts/loading.tsx";
import { Meaning } from "../parts/meaning.tsx";
import { PlanShown } from "../parts/plan.tsx";
import { ProblemBox, Trouble } from "../parts/problem.tsx";
import { State } from "../parts/state.tsx";
import { Ago } from "../parts/time.tsx";
import { Title } from "../parts/title.tsx";
import { usePolled } from "../polled.ts";
import { hashOf } from "../route.ts";
import { command } from "../shell.ts";
import { actorText, kinds, approvals as states } from "../words.ts";

export function ApprovalView({ id }: { id: string }) {
	const { call } = useAround();
	const { value, at, error, look } = usePolled(id, async (signal) => {
		const { body, retryAfter } = await call("showApproval", { id }, signal);
		const isOpen = body.state === "awaiting-approval" || body.state === "approved";
		return { value: body, seconds: retryAfter ?? (isOpen ? 10 : undefined) };
	});
	useAnnounced(value && ("plan" in value ? states[value.state].word : value.state));
	return (
		<>
			<Trouble error={error} at={at} />
			{!value && !error && <Loading what="the approval" />}
			{value && !("plan" in value) && (
				<>
					<Title name={`An order for ${value.secret}`} />
					<p>
						{value.state === "planning" ? (
							<State word="Its plan is being made" tone="busy" />
						) : (
							<>
								It came to no approval: <bdi>{value.outcome}</bdi> {value.code && <Meaning code={value.code} />}{" "}
								<a href={hashOf("rotation", id)}>What happened</a>
							</>
						)}
					</p>
				</>
			)}
			{value && "plan" in value && <Shown approval={value} look={look} />}
		</>
	);
}

function Shown({ approval, look }: { approval: Approval; look(): void }) {
	const { id, secret, kind, state, plan, problem, rotationId, requestedBy } = approval;
	const { may, person } = useAround();
	const isOpen = state === "awaiting-approval";
	const isOwn = requestedBy.id === person.id;
	return (
		<>
			<div class="view-head">
				<div>
					<Title name={`${kinds[kind]} of ${secret}: approval`}>
						{kinds[kind]} of <a href={hashOf("secret", secret)}>{secret}</a>
					</Title>
					<p class="under">
						<State {...states[state]} />
						{isOpen && isOwn && <span class="dim">You asked for it: another person decides.</span>}
					</p>
				</div>
				{isOpen && may("Rotation.Approve") && <DecideActions id={id} secret={secret} done={look} />}
			</div>
			{problem && <ProblemBox problem={problem} />}
			{(state === "approved" || state === "used") && (
				<p>
					<a href={hashOf("rotation", rotationId)}>The rotation that it started</a>
				</p>
			)}
			<div class="columns">
				<section aria-labelledby="about">
					<h2 id="about">Who and why</h2>
					<About approval={approval} />
				</section>
				<section aria-labelledby="plan">
					<h2 id="plan">The plan that is approved, and no other</h2>
					<div class="box">
						<PlanShown plan={plan} />
					</div>
				</section>
			</div>
			<section aria-labelledby="commands">
				<h2 id="commands">The same in a terminal</h2>
				<Command what="Approve it" line={command`rotator approve ${id} --reason "..."`} />
				<Command what="Reject it" line={command`rotator reject ${id} --reason "..."`} />
			</section>
		</>
	);
}

function About({ approval }: { approval: Approval }) {
	const { requestedBy, requestedAt, reason, code, order, expiresAt, decision, exposure } = approval;
	const { person } = useAround();
	const nameOf = ({ kind, id }: Approval["requestedBy"]) =>
		kind === "operator" && id === person.id ? (
			"you"
		) : (
			<>
				{actorText(kind)}
				<small>{id}</small>
			</>
		);
	return (
		<Facts
			facts={[
				["Asked for by", nameOf(requestedBy)],
				["When", <Ago key="when" iso={requestedAt} />],
				["Reason", reason ?? <span class="dim">none was given</span>],
				["Started because", <Meaning key="code" code={code} />],
				[
					"Order",
					order.compromised ? "at once: somebody else knows the live value" : order.force && "at once, due or not",
				],
				["Exposure", exposure && `requests may fail for ${exposure.expectedSeconds} s`],
				["Expires", <Ago key="expires" iso={expiresAt} />],
				["Decided by", decision && nameOf(decision.by)],
				["Decided", decision && <Ago iso={decision.at} />],
				["Words", decision?.reason],
			]}
		/>
	);
}
