// What the critical section reads beside its intents and its mark. It changes nothing, and under the lock the live secret is read again.

import type { Ports } from "../../app.ts";
import type { Password } from "../../domain/password.ts";
import type { Latest } from "../../domain/secret-version.ts";
import type { Source } from "../../domain/standing.ts";
import type { Ids } from "../boundary.ts";
import { isCancelled } from "../cancelled.ts";
import type { Managed } from "../managed.ts";
import { readDerived } from "./derive.ts";
import { whenGone } from "./found.ts";

/** What the section reads first. These reads also warm the vault's client up (token, connection), which keeps the gap short. */
export interface Ahead {
	readonly live: Latest;
	/** The derived secrets. */
	readonly before: ReadonlyMap<string, Latest>;
	/** The pending version, where that is the source; absent where nobody can read it any more. */
	readonly pending: Password | undefined;
	readonly isCancelled: boolean;
}

export async function lookAhead(ports: Ports, target: Managed, of: Ids & { readonly source: Source }): Promise<Ahead> {
	const { source } = of;
	const store = await ports.store(target.secret.vault);
	const readPending = async () =>
		source.secret === "pending" ? store.version(target.pendingName, source.version).catch(whenGone) : undefined;
	const [live, before, pending, cancelled] = await Promise.all([
		store.latest(target.name),
		readDerived(store, target),
		readPending(),
		isCancelled(ports, of),
	]);
	return { live, before, pending, isCancelled: cancelled };
}
