// A page of the list of secrets.

import type { SecretList, SecretRow } from "../answers.ts";
import { hashOf } from "../route.ts";
import { dueText, healths, runState, states, waitText } from "../words.ts";
import { State } from "./state.tsx";
import { Ago, Day } from "./time.tsx";

export function Rows({ list, filter }: { list: SecretList; filter: Partial<Record<string, string>> }) {
	const { secrets, next } = list;
	if (secrets.length === 0) return <p class="calm">No secret is like that.</p>;
	const continuation = next && new URLSearchParams(next.split("?")[1]).get("continuation");
	return (
		<>
			<table class="rows names">
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
