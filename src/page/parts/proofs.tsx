// What each pod of each workload proves to have.

import type { Consumer } from "../answers.ts";
import type { Said } from "../words.ts";
import { Names } from "./names.tsx";
import { ProblemBox } from "./problem.tsx";
import { State } from "./state.tsx";
import { Version } from "./version.tsx";

type Pod = Consumer["pods"][number];

const waits: Readonly<Record<NonNullable<Consumer["awaits"]>, string>> = {
	"next-run": "reads it at its next run",
	resumption: "reads it once its schedule goes on",
};

function stateOf({ delivered, problem, awaits }: Consumer, isOver: boolean): Said {
	if (delivered) return { word: "delivered", tone: "good" };
	if (problem) return { word: "not delivered", tone: "bad" };
	if (awaits) return { word: waits[awaits], tone: "quiet" };
	return isOver ? { word: "not delivered", tone: "bad" } : { word: "under way", tone: "busy" };
}

function proofOf({ proved, isStarting, ready }: Pod): Said {
	if (proved) return { word: "proved", tone: "good" };
	if (isStarting) return { word: "starting", tone: "busy" };
	return ready ? { word: "not yet", tone: "warn" } : { word: "not ready", tone: "quiet" };
}

const proofs: Readonly<Record<NonNullable<Pod["provedBy"]>, string>> = {
	start: "it started after its copy was new",
	file: "the file that it reads is new",
	interval: "it reads its file at an interval",
	session: "its session at the database is new",
	run: "its run read the new version",
};

/** @param live the version that they should have */
export const Proofs = ({
	consumers,
	live,
	isOver,
}: {
	consumers: readonly Consumer[];
	live: string | undefined;
	isOver: boolean;
}) => (
	<div class="proofs">
		{consumers.map((consumer) => (
			<div key={consumer.workload} class="box">
				<div class="card-head">
					<h3>{consumer.workload}</h3>
					<State {...stateOf(consumer, isOver)} />
				</div>
				{consumer.now && <p class="dim">{consumer.now}</p>}
				{consumer.together && (
					<p class="dim">
						It was rolled once for this secret, <Names names={consumer.together.secrets} />.
					</p>
				)}
				{consumer.problem && <ProblemBox problem={consumer.problem} />}
				{consumer.pods.length > 0 && <Pods consumer={consumer} live={live} />}
			</div>
		))}
	</div>
);

const Pods = ({ consumer: { workload, pods }, live }: { consumer: Consumer; live: string | undefined }) => (
	<table class="names">
		<caption class="unseen">
			Pods of <bdi>{workload}</bdi>
		</caption>
		<thead>
			<tr>
				<th scope="col">Pod</th>
				<th scope="col">Proof</th>
				<th scope="col">Version</th>
			</tr>
		</thead>
		<tbody>
			{pods.map((pod) => (
				<tr key={pod.pod}>
					<th scope="row">{pod.pod}</th>
					<td>
						<State {...proofOf(pod)} />
						{pod.proved ? pod.provedBy && <small>{proofs[pod.provedBy]}</small> : <small>{pod.detail}</small>}
					</td>
					<td>
						{pod.version ? <Version id={pod.version} /> : <span class="dim">unknown</span>}
						{pod.version && live && pod.version !== live && <small>not the new one</small>}
					</td>
				</tr>
			))}
		</tbody>
	</table>
);
