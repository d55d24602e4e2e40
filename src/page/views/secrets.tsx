// All secrets: what needs a person first, then what runs, then the list.

import { useEffect, useRef, useState } from "preact/hooks";
import type { ApprovalRow, RunningRun, SecretList, SecretRow } from "../answers.ts";
import { useAround } from "../around.ts";
import { useAnnounced } from "../parts/announce.tsx";
import { Loading } from "../parts/loading.tsx";
import { ProblemBox, Trouble } from "../parts/problem.tsx";
import { State } from "../parts/state.tsx";
import { Ago, Day } from "../parts/time.tsx";
import { Title } from "../parts/title.tsx";
import { Why } from "../parts/why.tsx";
import { usePolled } from "../polled.ts";
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
	wantsPerson,
} from "../words.ts";

type Query = Readonly<Record<string, string>>;

interface Overview {
	readonly list: SecretList;
	/** Those that need a person, whatever the filter. */
	readonly needing: readonly SecretRow[];
	readonly approvals: readonly ApprovalRow[];
	readonly running: readonly RunningRun[];
}

const idleSeconds = 30;
const busySeconds = 4;

/** What the API takes; anything else in the address is nobody's. */
const filters = ["text", "state", "health", "running", "sort", "continuation"] as const;
const filterIn = (query: Query): Partial<Record<(typeof filters)[number], string>> =>
	Object.fromEntries(filters.flatMap((name) => (query[name] ? [[name, query[name]]] : [])));

export function SecretsView({ query }: { query: Query }) {
	const { call } = useAround();
	const filter = filterIn(query);
	const isFiltered = Object.keys(filter).length > 0;
	const { value, at, error } = usePolled<Overview>(JSON.stringify(filter), async (signal) => {
		const most = { sort: "attention", limit: "50" } as const;
		const [first, other, waiting] = await Promise.all([
			call("listSecrets", { query: most }, signal),
			isFiltered ? call("listSecrets", { query: { ...filter, limit: "50" } as object }, signal) : undefined,
			call("listApprovals", { query: { state: "awaiting-approval" } }, signal),
		]);
		const { counts, secrets } = first.body;
		const running = counts.running > 0 ? ((await call("listRotations", {}, signal)).body.running ?? []) : [];
		return {
			value: {
				list: other?.body ?? first.body,
				needing: secrets.filter(wantsPerson),
				approvals: waiting.body.approvals,
				running,
			},
			seconds: counts.running > 0 ? busySeconds : idleSeconds,
		};
	});
	useAnnounced(
		value && `${value.needing.length + value.approvals.length} need a person, ${value.running.length} running`,
	);
	return (
		<>
			<Title name="Secrets" />
			<Trouble error={error} at={at} />
			{value ? <Shown overview={value} filter={filter} /> : !error && <Loading what="all secrets" />}
		</>
	);
}

function Shown({ overview, filter }: { overview: Overview; filter: Partial<Record<string, string>> }) {
	const { list, needing, approvals, running } = overview;
	const count = needing.length + approvals.length;
	return (
		<>
			<section aria-labelledby="needing">
				<h2 id="needing">
					Needs a person <span class="count">{count}</span>
				</h2>
				{count === 0 ? (
					<p class="calm">
						{list.at ? (
							<>
								<State word="Nothing" tone="good" /> Every secret is healthy and in date, as the sweep saw it{" "}
								<Ago iso={list.at} />.
							</>
						) : (
							<>Nothing so far. The first sweep has not looked at the secrets yet.</>
						)}
					</p>
				) : (
					<ul class="cards">
						{approvals.map((one) => (
							<Waiting key={one.id} approval={one} />
						))}
						{needing.map((row) => (
							<Needing key={row.secret} row={row} />
						))}
					</ul>
				)}
				{list.problems.map((problem) => (
					<ProblemBox key={problem.code} problem={problem} />
				))}
			</section>
			{running.length > 0 && (
				<section aria-labelledby="running">
					<h2 id="running">
						Running now <span class="count">{running.length}</span>
					</h2>
					<ul class="cards">
						{running.map((run) => (
							<Running key={run.rotationId} run={run} />
						))}
					</ul>
				</section>
			)}
			<section aria-labelledby="list">
				<h2 id="list">All secrets</h2>
				<Filter list={list} filter={filter} />
				<Rows list={list} filter={filter} />
			</section>
		</>
	);
}

const Waiting = ({ approval: { id, secret, kind, requestedAt, expiresAt } }: { approval: ApprovalRow }) => (
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

function Needing({ row }: { row: SecretRow }) {
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

const Running = ({ run: { secret, kind, rotationId, now, requestedAt, retrying, long } }: { run: RunningRun }) => (
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

const quick = [
	["Running", "running", "true", (list: SecretList) => list.counts.running],
	["Due", "state", "due", (list: SecretList) => list.counts.state.due],
	["Expired", "state", "expired", (list: SecretList) => list.counts.state.expired],
	["Failed", "health", "failed", (list: SecretList) => list.counts.health.failed],
	["Not delivered", "health", "not-delivered", (list: SecretList) => list.counts.health["not-delivered"]],
	["Drifted", "health", "drifted", (list: SecretList) => list.counts.health.drifted],
] as const;

function Filter({ list, filter }: { list: SecretList; filter: Partial<Record<string, string>> }) {
	const { text, sort } = filter;
	const goTo = (next: Partial<Record<string, string | undefined>>) =>
		location.replace(hashOf("secrets", "", { ...filter, continuation: undefined, ...next }));
	const isAll = filter.state === undefined && filter.health === undefined && filter.running === undefined;
	const only = { ...(text && { text }), ...(sort && { sort }) };
	return (
		<search class="filter">
			<Search text={text ?? ""} onText={(value) => goTo({ text: value })} />
			<nav aria-label="Which secrets" class="chips">
				<a href={hashOf("secrets", "", only)} aria-current={isAll ? "true" : undefined}>
					All <span class="count">{list.counts.total}</span>
				</a>
				{quick.map(([word, name, value, count]) => (
					<a
						key={word}
						href={hashOf("secrets", "", { ...only, [name]: value })}
						aria-current={filter[name] === value ? "true" : undefined}
					>
						{word} <span class="count">{count(list)}</span>
					</a>
				))}
			</nav>
			<label class="sort">
				Order
				<select value={sort ?? "attention"} onChange={(event) => goTo({ sort: event.currentTarget.value })}>
					<option value="attention">what needs a person first</option>
					<option value="due">due soonest first</option>
					<option value="name">by name</option>
				</select>
			</label>
		</search>
	);
}

/** Asked for once the person pauses. */
function Search({ text, onText }: { text: string; onText: (text: string) => void }) {
	const [typed, setTyped] = useState(text);
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	const sent = useRef(text);
	useEffect(() => {
		// From elsewhere: a link, or "back".
		if (text !== sent.current) setTyped(text);
		sent.current = text;
	}, [text]);
	const change = (value: string) => {
		setTyped(value);
		clearTimeout(timer.current);
		timer.current = setTimeout(() => {
			sent.current = value.trim();
			onText(value.trim());
		}, 300);
	};
	return (
		<label class="find">
			<span class="unseen">Find by name, vault or workload</span>
			<input
				type="search"
				maxLength={120}
				placeholder="Find by name, vault or workload"
				value={typed}
				onInput={(event) => change(event.currentTarget.value)}
			/>
		</label>
	);
}

function Rows({ list, filter }: { list: SecretList; filter: Partial<Record<string, string>> }) {
	const { secrets, next } = list;
	if (secrets.length === 0) return <p class="calm">No secret is like that.</p>;
	const continuation = next && new URLSearchParams(next.split("?")[1]).get("continuation");
	return (
		<>
			<table class="rows">
				<caption class="unseen">Managed secrets</caption>
				<thead>
					<tr>
						<th scope="col">Secret</th>
						<th scope="col">State</th>
						<th scope="col" class="wide">
							Due
						</th>
						<th scope="col" class="wide">
							Expires
						</th>
						<th scope="col" class="wide">
							Used by
						</th>
						<th scope="col" class="wide">
							Last run
						</th>
					</tr>
				</thead>
				<tbody>
					{secrets.map((row) => (
						<Row key={row.secret} row={row} />
					))}
				</tbody>
			</table>
			<p class="pages">
				{filter.continuation && <a href={hashOf("secrets", "", { ...filter, continuation: undefined })}>First page</a>}
				{continuation && <a href={hashOf("secrets", "", { ...filter, continuation })}>Next page</a>}
			</p>
		</>
	);
}

function Row({ row }: { row: SecretRow }) {
	const { secret, name, vault, state, health, dueInDays, expires, consumers, running, since, waits } = row;
	return (
		<tr>
			<th scope="row">
				<a href={hashOf("secret", secret)}>{secret}</a>
				<small>
					{name !== secret && <bdi>{name}</bdi>} in <bdi>{vault}</bdi>
				</small>
			</th>
			<td>
				{running ? (
					<a href={hashOf("rotation", running.rotationId)}>
						<State {...runState(running)} />
					</a>
				) : health.state === "healthy" || (health.state === "unknown" && state === "not-judged") ? (
					<State {...states[state]} />
				) : (
					<State {...healths[health.state]} />
				)}
				<small class="narrow">
					{dueInDays !== undefined && dueText(dueInDays)}
					{waits && dueInDays !== undefined && "; "}
					{waits && <bdi>{waitText(waits)}</bdi>}
				</small>
			</td>
			<td class="wide">
				{dueInDays === undefined ? <span class="dim">–</span> : dueText(dueInDays)}
				{waits && <small>{waitText(waits)}</small>}
			</td>
			<td class="wide">{expires ? <Day iso={expires} /> : <span class="dim">–</span>}</td>
			<td class="wide">
				{consumers.length === 0 ? (
					<span class="dim">nothing</span>
				) : (
					<>
						{consumers[0]}
						{consumers.length > 1 && <small>and {consumers.length - 1} more</small>}
					</>
				)}
			</td>
			<td class="wide">
				{since ? (
					<a href={hashOf("rotation", since.rotationId)}>
						<Ago iso={since.endedAt} />
					</a>
				) : (
					<span class="dim">–</span>
				)}
			</td>
		</tr>
	);
}
