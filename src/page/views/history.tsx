// What is over, the latest first.

import { useAround } from "../around.ts";
import { Loading } from "../parts/loading.tsx";
import { Trouble } from "../parts/problem.tsx";
import { Runs } from "../parts/runs.tsx";
import { Title } from "../parts/title.tsx";
import { usePolled } from "../polled.ts";
import { hashOf } from "../route.ts";
import { outcomes } from "../words.ts";

export function HistoryView({ query }: { query: Readonly<Record<string, string>> }) {
	const { call } = useAround();
	const { outcome, continuation } = query;
	const asked = { ...(outcome && { outcome }), ...(continuation && { continuation }), limit: "50" } as object;
	const { value, at, error } = usePolled(JSON.stringify(asked), async (signal) => {
		const { body } = await call("listRotations", { query: asked }, signal);
		return { value: body, seconds: 30 };
	});
	const next = value?.next && new URLSearchParams(value.next.split("?")[1]).get("continuation");
	return (
		<>
			<Title name="History" />
			<Trouble error={error} at={at} />
			<nav aria-label="Which outcomes" class="chips">
				<a href={hashOf("history")} aria-current={outcome ? undefined : "true"}>
					All
				</a>
				{Object.entries(outcomes).map(([name, { word }]) => (
					<a
						key={name}
						href={hashOf("history", "", { outcome: name })}
						aria-current={outcome === name ? "true" : undefined}
					>
						{word}
					</a>
				))}
			</nav>
			{value && (
				<div>
					{value.rotations.length > 0 ? (
						<Runs runs={value.rotations} withSecret />
					) : (
						<p class="calm">{next ? "None on this page." : "There is none."}</p>
					)}
					<p class="pages">
						{continuation && <a href={hashOf("history", "", { outcome })}>First page</a>}
						{next && <a href={hashOf("history", "", { outcome, continuation: next })}>Next page</a>}
					</p>
				</div>
			)}
			{!value && !error && <Loading what="what is over" />}
		</>
	);
}
