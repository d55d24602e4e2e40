// What runs, and what is over.

import type { RotationsQuery } from "../../api/queries.ts";
import { type EndedRun, latestFirst } from "../domain/ended-run.ts";
import type { RotationStatus } from "../domain/rotation.ts";
import { runningOf } from "../domain/secret-list.ts";
import { continuationOf, linkTo, placeIn } from "./continuation.ts";
import { handle, reply } from "./handle.ts";
import { secretOf } from "./known.ts";

type Place = readonly (string | number)[];
const isMark = (place: Place): place is readonly [string] => place.length === 1 && typeof place[0] === "string";
const isRun = (place: Place): place is readonly [string, string] =>
	place.length === 2 && place.every((part) => typeof part === "string");

/** `GET /api/rotations` */
export const listRotations = handle("listRotations", async ({ query }, { ports, rotations }) => {
	const { limit, continuation, ...filter } = query;
	const [after] = continuation === undefined ? [] : placeIn(continuation, filter, isMark);
	const records = await ports.records();
	const [running, { runs, next }] = await Promise.all([
		after === undefined ? rotations.allRunning() : undefined,
		records.endedRuns({ most: limit, ...wanted(filter), ...(after !== undefined && { after }) }),
	]);
	const link = next !== undefined && linkTo("/api/rotations", filter, limit, continuationOf(filter, [next]));
	return reply(200, {
		...(running && { running: running.map((run) => runningNow(run, ports.clock.now())) }),
		rotations: runs,
		...(link && { next: link }),
	});
});

const wanted = ({ outcome, since }: Pick<RotationsQuery, "outcome" | "since">) => ({
	...(outcome !== undefined && { passes: (run: EndedRun) => run.outcome === outcome }),
	...(since !== undefined && { since: new Date(since) }),
});

export const runningNow = (run: RotationStatus, at: Date) => ({
	...runningOf(run, at),
	secret: run.secret,
	requestedAt: run.requestedAt,
});

/** `GET /api/secrets/{name}/rotations` */
export const listRotationsOf = handle("listRotationsOf", async ({ params, query }, { ports }) => {
	const { limit, continuation } = query;
	const filter = { secret: params.name };
	const { config } = await ports.configuration();
	secretOf(config, params.name);
	const runs = await (await ports.records()).runsOf(params.name);
	const [endedAt, rotationId] = continuation === undefined ? [] : placeIn(continuation, filter, isRun);
	const shown = rotationId === undefined ? { endedAt: "", rotationId: "" } : { endedAt, rotationId };
	const left = rotationId === undefined ? runs : runs.filter((run) => latestFirst(shown as EndedRun, run) < 0);
	const rotations = left.slice(0, limit);
	const last = rotations.at(-1);
	if (!last || left.length <= limit) return reply(200, { rotations });
	const token = continuationOf(filter, [last.endedAt, last.rotationId]);
	return reply(200, { rotations, next: linkTo(`/api/secrets/${params.name}/rotations`, {}, limit, token) });
});
