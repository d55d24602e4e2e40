// One secret, looked at now: where each version is, when it is due, what was done with it, and what may be done.

import { DeliverAction } from "../actions/deliver.tsx";
import { RollbackAction } from "../actions/rollback.tsx";
import { RotateAction } from "../actions/rotate.tsx";
import type { EndedRun, Rotation, Secret } from "../answers.ts";
import { useAround } from "../around.ts";
import { useAnnounced } from "../parts/announce.tsx";
import { Command } from "../parts/command.tsx";
import { Facts } from "../parts/facts.tsx";
import { Loading } from "../parts/loading.tsx";
import { Meaning } from "../parts/meaning.tsx";
import { Names } from "../parts/names.tsx";
import { ProblemBox, Trouble } from "../parts/problem.tsx";
import { Runs } from "../parts/runs.tsx";
import { State } from "../parts/state.tsx";
import { Ago, Day } from "../parts/time.tsx";
import { Title } from "../parts/title.tsx";
import { Version } from "../parts/version.tsx";
import { Whereabouts } from "../parts/whereabouts.tsx";
import { usePolled } from "../polled.ts";
import { hashOf } from "../route.ts";
import { command } from "../shell.ts";
import { healths, kinds, retryText, runState, states } from "../words.ts";

interface Looked {
	readonly secret: Secret;
	readonly runs: readonly EndedRun[];
	readonly hasMore: boolean;
	/** The one that made or brought the live version, with what each pod proved. */
	readonly delivery?: Rotation;
}

export function SecretView({ id }: { id: string }) {
	const { call } = useAround();
	const { value, at, error } = usePolled<Looked>(id, async (signal) => {
		const [{ body: secret }, { body: history }] = await Promise.all([
			call("showSecret", { name: id }, signal),
			call("listRotationsOf", { name: id, query: { limit: "20" } }, signal),
		]);
		const last = history.rotations.find(
			({ dryRun, outcome }) => !dryRun && ["completed", "published-not-delivered"].includes(outcome),
		);
		const delivery = last && (await call("showRotation", { id: last.rotationId }, signal).catch(() => undefined))?.body;
		const looked = { secret, runs: history.rotations, hasMore: history.next !== undefined };
		return { value: { ...looked, ...(delivery && { delivery }) }, seconds: secret.running ? 5 : 30 };
	});
	const running = value?.secret.running;
	useAnnounced(value && (running ? `${kinds[running.kind]} is running: ${running.now ?? ""}` : "Nothing is running"));
	return (
		<>
			{value ? <Head secret={value.secret} /> : <Title name={id} />}
			<Trouble error={error} at={at} />
			{value ? <Shown looked={value} /> : !error && <Loading what={id} />}
		</>
	);
}

function Head({ secret: { secret, state, health, running } }: { secret: Secret }) {
	const { may } = useAround();
	return (
		<div class="view-head">
			<div>
				<Title name={secret} />
				<p class="under">
					<State {...states[state]} />
					{health.state !== "healthy" && <State {...healths[health.state]} />}
				</p>
			</div>
			{may("Rotation.Operate") && (
				<div class="actions">
					<RotateAction secret={secret} disabled={running !== undefined} />
					<DeliverAction secret={secret} disabled={running !== undefined} />
					<RollbackAction secret={secret} disabled={running !== undefined} />
				</div>
			)}
		</div>
	);
}

function Shown({ looked: { secret, runs, hasMore, delivery } }: { looked: Looked }) {
	const { running, problem, drift, unretired, cutShort, health } = secret;
	return (
		<>
			{running && (
				<p class="box now">
					<State {...runState(running)} />
					<span>{running.retrying ? retryText(running.retrying) : (running.now ?? "It is about to begin.")}</span>
					<a href={hashOf("rotation", running.rotationId)}>Watch the {kinds[running.kind]?.toLowerCase()}</a>
				</p>
			)}
			{problem && <ProblemBox problem={problem} />}
			{cutShort && <p class="problem">A rotation was cut short. The next trigger or sweep goes on with it.</p>}
			{!problem && health.code && (
				<div class="problem">
					<p>
						<Meaning code={health.code} withNext />
					</p>
					{health.rotationId && <a href={hashOf("rotation", health.rotationId)}>What happened</a>}
				</div>
			)}
			{drift?.findings.map((one) => (
				<ProblemBox key={one.code + one.message} problem={one} word="Drift" />
			))}
			{unretired && <ProblemBox problem={unretired.problem} word="Not retired" />}
			<div class="columns">
				<section aria-labelledby="where">
					<h2 id="where">Where each version is</h2>
					<Whereabouts secret={secret} delivery={delivery} />
				</section>
				<section aria-labelledby="dates">
					<h2 id="dates">Dates and places</h2>
					<About secret={secret} />
				</section>
			</div>
			<section aria-labelledby="history">
				<h2 id="history">History</h2>
				{runs.length > 0 ? <Runs runs={runs} withSecret={false} /> : <p class="calm">Nothing was done with it yet.</p>}
				{hasMore && <p class="dim">These are the latest {runs.length}; the command shows all.</p>}
			</section>
			<section aria-labelledby="commands">
				<h2 id="commands">The same in a terminal</h2>
				<Command what="How it stands" line={command`rotator show ${secret.secret}`} />
				<Command
					what="What a rotation would do"
					line={command`rotator rotate ${secret.secret} --dry-run --force --wait`}
				/>
				<Command what="All of its history" line={command`rotator history ${secret.secret}`} />
			</section>
		</>
	);
}

const strategies: Readonly<Record<string, string>> = {
	"single-user": "one role, whose password changes",
	"alternating-users": "two roles take turns",
	"random-value": "a random value, no database",
};

const About = ({ secret }: { secret: Secret }) => (
	<Facts
		facts={[
			[
				"Due",
				secret.dueAt && (
					<>
						<Ago iso={secret.dueAt} />
						<small>
							<Day iso={secret.dueAt} />
						</small>
					</>
				),
			],
			[
				"Expires",
				secret.expires && (
					<>
						<Ago iso={secret.expires} />
						<small>
							<Day iso={secret.expires} />
						</small>
					</>
				),
			],
			["Live version", secret.version && <Version id={secret.version} />],
			["Vault", secret.vault],
			["Name in the vault", secret.name],
			[
				"Strategy",
				<>
					{secret.strategy}
					<small>{strategies[secret.strategy]}</small>
				</>,
			],
			["Derived from it", secret.derived.length > 0 && <Names names={secret.derived} />],
			["Used by", secret.consumers.length > 0 ? <Names names={secret.consumers} /> : "no workload that is configured"],
		]}
	/>
);
