// What a rotation costs in the task hub: read off the local host's own store while it runs. Another host keeps its hub elsewhere;
// what is counted is counted there too, by the same events.

import { until } from "../../local/until.ts";
import { deliveryIdOf, instanceIdOf, secretOfRotation } from "../../src/lib/domain/ids.ts";
import type { Hub } from "../hub.ts";

export interface HubCost {
	/** Queue messages: starts, results, timers, and activities handed out. */
	readonly messages: number;
	/** Events of history, and one row an instance: what is there until it is purged. */
	readonly rows: number;
	readonly bytes: number;
	/** Activities, deliveries and timers: each is a turn of an orchestrator. */
	readonly hops: number;
	/** Steps that only look whether the copy, the rollout or the pods are there yet. */
	readonly looks: number;
}

export interface TaskHub {
	/** @param rotate @returns the id of a rotation that has an outcome */
	costOf(rotate: () => Promise<string>): Promise<HubCost>;
}

export function taskHub({ number }: Hub, signal: AbortSignal): TaskHub {
	/** Numbers are given out once, so the last one counts all that ever were. */
	const sent = () => number("SELECT total(seq) FROM sqlite_sequence WHERE name IN ('messages', 'work')");
	return {
		async costOf(rotate) {
			const before = sent();
			const rotationId = await rotate();
			const instance = instanceIdOf(secretOfRotation(rotationId) ?? "");
			const isOver = () =>
				number("SELECT count(*) FROM instances WHERE id = ? AND status = 'Completed'", instance) === 1;
			await until("the end of the instance", 30, async () => isOver() || undefined, signal);
			const of = (sql: string, column: string) =>
				number(
					`${sql} WHERE (${column} = ? OR substr(${column}, 1, length(?)) = ?)`,
					...[instance, deliveryIdOf(rotationId, 0).slice(0, -1), deliveryIdOf(rotationId, 0).slice(0, -1)],
				);
			const texts = ["id", "name", "input", "output", "customStatus"]
				.map((column) => `coalesce(length(${column}), 0)`)
				.join(" + ");
			const events = "SELECT count(*) FROM (SELECT * FROM history WHERE json_extract(event, '$.EventType')";
			return {
				messages: sent() - before,
				rows: of("SELECT count(*) FROM history", "instance") + of("SELECT count(*) FROM instances", "id"),
				bytes:
					of("SELECT total(length(event)) FROM history", "instance") +
					of(`SELECT total(${texts}) FROM instances`, "id"),
				// Scheduled: an activity, a child, a timer.
				hops: of(`${events} IN (4, 7, 10))`, "instance"),
				looks: of(
					`${events} = 4 AND json_extract(event, '$.Name') IN ('checkCopy', 'checkRollout', 'verify'))`,
					"instance",
				),
			};
		},
	};
}
