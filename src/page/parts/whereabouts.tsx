// The places of a version, as a table.

import type { Rotation, Secret } from "../answers.ts";
import { placesOf } from "../places.ts";
import { State } from "./state.tsx";
import { Ago } from "./time.tsx";
import { Version } from "./version.tsx";

export const Whereabouts = ({ secret, delivery }: { secret: Secret; delivery: Rotation | undefined }) => (
	<table class="rows names">
		<caption class="unseen">Where each version is</caption>
		<thead>
			<tr>
				<th scope="col">Place</th>
				<th scope="col">Version</th>
				<th scope="col">State</th>
			</tr>
		</thead>
		<tbody>
			{placesOf(secret, delivery).map(({ place, under, version, state, why, at }) => (
				<tr key={`${under} ${place}`}>
					<th scope="row">
						{place}
						<small>{under}</small>
					</th>
					<td>{version ? <Version id={version} /> : <span class="dim">–</span>}</td>
					<td>
						<State {...state} />
						<small>
							{at ? (
								<>
									as of <Ago iso={at} />
								</>
							) : (
								(why ?? "looked at now")
							)}
						</small>
					</td>
				</tr>
			))}
		</tbody>
	</table>
);
