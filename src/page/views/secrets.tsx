// All secrets: what needs a person first, then what runs, then the list. One request has all of it.

import { useRef } from "preact/hooks";
import type { SecretList } from "../answers.ts";
import { useAround } from "../around.ts";
import { useAnnounced } from "../parts/announce.tsx";
import { Needing, Running, Waiting } from "../parts/cards.tsx";
import { Loading } from "../parts/loading.tsx";
import { ProblemBox, Trouble } from "../parts/problem.tsx";
import { Filter } from "../parts/secret-filter.tsx";
import { Rows } from "../parts/secret-rows.tsx";
import { State } from "../parts/state.tsx";
import { Ago } from "../parts/time.tsx";
import { Title } from "../parts/title.tsx";
import { usePolled } from "../polled.ts";
import { hashOf } from "../route.ts";

type Query = Readonly<Record<string, string>>;

const idleSeconds = 30;
const busySeconds = 4;

/** What the API takes; anything else in the address is nobody's. */
const filters = ["text", "state", "health", "running", "sort", "continuation"] as const;
const filterIn = (query: Query): Partial<Record<(typeof filters)[number], string>> =>
	Object.fromEntries(filters.flatMap((name) => (query[name] ? [[name, query[name]]] : [])));

export function SecretsView({ query }: { query: Query }) {
	const { call } = useAround();
	const filter = filterIn(query);
	const { value, at, error } = usePolled<SecretList>(JSON.stringify(filter), async (signal) => {
		const asked = { ...filter, limit: "50", overview: "true" } as object;
		const { body } = await call("listSecrets", { query: asked }, signal);
		return { value: body, seconds: body.overview?.running.length ? busySeconds : idleSeconds };
	});
	// Until the answer to another filter is there. Otherwise the field in which somebody types is gone, and with it the focus.
	const last = useRef<SecretList>(undefined);
	last.current = value ?? (error ? undefined : last.current);
	const { needing, approvals, running } = value?.overview ?? nothing;
	useAnnounced(value && `${needing.total + approvals.length} need a person, ${running.length} running`);
	return (
		<>
			<Title name="Secrets" />
			<Trouble error={error} at={at} />
			{last.current ? <Shown list={last.current} filter={filter} /> : !error && <Loading what="all secrets" />}
		</>
	);
}

/** Of an answer that has none. */
const nothing: NonNullable<SecretList["overview"]> = { needing: { total: 0, secrets: [] }, approvals: [], running: [] };

function Shown({ list, filter }: { list: SecretList; filter: Partial<Record<string, string>> }) {
	const { needing, approvals, running } = list.overview ?? nothing;
	const count = needing.total + approvals.length;
	const more = needing.total - needing.secrets.length;
	return (
		<>
			<section aria-labelledby="needing">
				<h2 id="needing">
					Needs a person <span class="count">{count}</span>
				</h2>
				{count === 0 && list.problems.length === 0 && <Calm at={list.at} />}
				{count > 0 && (
					<ul class="cards">
						{approvals.map((one) => (
							<Waiting key={one.id} approval={one} />
						))}
						{needing.secrets.map((row) => (
							<Needing key={row.secret} row={row} />
						))}
					</ul>
				)}
				{more > 0 && (
					<p>
						<a href={hashOf("secrets")}>And {more} more</a>, first in the list of all secrets.
					</p>
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

const Calm = ({ at }: { at: string | undefined }) => (
	<p class="calm">
		{at ? (
			<>
				<State word="Nothing" tone="good" /> Every secret is healthy and in date, as the sweep saw it <Ago iso={at} />.
			</>
		) : (
			<>Nothing so far. The first sweep has not looked at the secrets yet.</>
		)}
	</p>
);
