// Runs that are over, a row each.

import type { EndedRun } from "../answers.ts";
import { hashOf } from "../route.ts";
import { actorText, kinds, outcomes } from "../words.ts";
import { State } from "./state.tsx";
import { Ago } from "./time.tsx";
import { Version } from "./version.tsx";

/** @param withSecret whose they are, where that differs */
export const Runs = ({ runs, withSecret }: { runs: readonly EndedRun[]; withSecret: boolean }) => (
	<table class="rows names">
		<caption class="unseen">Runs that are over, the latest first</caption>
		<thead>
			<tr>
				<th scope="col">What</th>
				<th scope="col">Outcome</th>
				<th scope="col">Ended</th>
				<th scope="col" class="wide">
					Asked for by
				</th>
				<th scope="col" class="wide">
					Version
				</th>
			</tr>
		</thead>
		<tbody>
			{runs.map(({ rotationId, secret, kind, dryRun, outcome, code, by, version, endedAt }) => (
				<tr key={rotationId}>
					<th scope="row">
						<a href={hashOf("rotation", rotationId)}>
							{kinds[kind]}
							{withSecret && (
								<>
									{" "}
									of <bdi>{secret}</bdi>
								</>
							)}
						</a>
						{dryRun && <small>dry run</small>}
					</th>
					<td>
						<State {...outcomes[outcome]!} />
						{code && <small>{code}</small>}
					</td>
					<td>
						<Ago iso={endedAt} />
					</td>
					<td class="wide">{actorText(by)}</td>
					<td class="wide">{version ? <Version id={version} /> : <span class="dim">–</span>}</td>
				</tr>
			))}
		</tbody>
	</table>
);
