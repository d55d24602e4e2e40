// Which secrets are listed, and in which order: by a text, by what most are looked for by, by the address.

import { useEffect, useRef, useState } from "preact/hooks";
import type { SecretList } from "../answers.ts";
import { hashOf } from "../route.ts";

const quick = [
	["Running", "running", "true", (list: SecretList) => list.counts.running],
	["Due", "state", "due", (list: SecretList) => list.counts.state.due],
	["Expired", "state", "expired", (list: SecretList) => list.counts.state.expired],
	["Failed", "health", "failed", (list: SecretList) => list.counts.health.failed],
	["Not delivered", "health", "not-delivered", (list: SecretList) => list.counts.health["not-delivered"]],
	["Drifted", "health", "drifted", (list: SecretList) => list.counts.health.drifted],
] as const;

export function Filter({ list, filter }: { list: SecretList; filter: Partial<Record<string, string>> }) {
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
