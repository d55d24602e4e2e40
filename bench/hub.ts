// The local host's task hub, read off its own file while it runs: asking over HTTP would be work for the host that is measured.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface Hub extends Disposable {
	/** @param sql for one number */
	number(sql: string, ...values: readonly string[]): number;
}

/** How many rotations are not over. */
export const open = "SELECT count(*) FROM instances WHERE id LIKE 'rotate-%' AND status IN ('Pending', 'Running')";

/** @param appDir its host.json names the hub */
export function openHub(appDir: string, stateDir: string): Hub {
	const { hubName } = JSON.parse(readFileSync(join(appDir, "host.json"), "utf8")).extensions.durableTask;
	const database = new DatabaseSync(join(stateDir, `${hubName}.sqlite`), { readOnly: true });
	return {
		number: (sql, ...values) => Number(Object.values(database.prepare(sql).get(...values) ?? {})[0]),
		[Symbol.dispose]: () => database.close(),
	};
}
