// Orders that wait for another person, and what became of the latest others.

import { useAround } from "../around.ts";
import { useAnnounced } from "../parts/announce.tsx";
import { Loading } from "../parts/loading.tsx";
import { Trouble } from "../parts/problem.tsx";
import { State } from "../parts/state.tsx";
import { Ago } from "../parts/time.tsx";
import { Title } from "../parts/title.tsx";
import { usePolled } from "../polled.ts";
import { hashOf } from "../route.ts";
import { actorText, kinds, approvals as states } from "../words.ts";

export function ApprovalsView({ query }: { query: Readonly<Record<string, string>> }) {
	const { call, person } = useAround();
	const { continuation } = query;
	const { value, at, error } = usePolled(`approvals ${continuation}`, async (signal) => {
		const asked = { limit: "50", ...(continuation && { continuation }) };
		return { value: (await call("listApprovals", { query: asked }, signal)).body, seconds: 15 };
	});
	const waiting = value?.approvals.filter(({ state }) => state === "awaiting-approval").length;
	useAnnounced(waiting === undefined ? undefined : `${waiting} wait for an approval`);
	const next = value?.next && new URLSearchParams(value.next.split("?")[1]).get("continuation");
	return (
		<>
			<Title name="Approvals" />
			<Trouble error={error} at={at} />
			{value?.approvals.length === 0 && <p class="calm">Nothing needs an approval.</p>}
			{value && value.approvals.length > 0 && (
				<table class="rows names">
					<caption class="unseen">Orders that need an approval, the latest first</caption>
					<thead>
						<tr>
							<th scope="col">Order</th>
							<th scope="col">State</th>
							<th scope="col" class="wide">
								Asked for by
							</th>
							<th scope="col" class="wide">
								Asked for
							</th>
							<th scope="col" class="wide">
								Expires
							</th>
						</tr>
					</thead>
					<tbody>
						{value.approvals.map(({ id, secret, kind, state, requestedBy, requestedAt, expiresAt }) => (
							<tr key={id}>
								<th scope="row">
									<a href={hashOf("approval", id)}>
										{kinds[kind]} of <bdi>{secret}</bdi>
									</a>
								</th>
								<td>
									<State {...states[state]} />
									<small class="narrow">
										asked for <Ago iso={requestedAt} />
									</small>
								</td>
								<td class="wide">
									{requestedBy.id === person.id ? "you" : actorText(requestedBy.kind)}
									{requestedBy.id !== person.id && <small>{requestedBy.id}</small>}
								</td>
								<td class="wide">
									<Ago iso={requestedAt} />
								</td>
								<td class="wide">{state === "awaiting-approval" ? <Ago iso={expiresAt} /> : ""}</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
			<p class="pages">
				{continuation && <a href={hashOf("approvals")}>First page</a>}
				{next && <a href={hashOf("approvals", "", { continuation: next })}>Next page</a>}
			</p>
			{!value && !error && <Loading what="the approvals" />}
		</>
	);
}
