// The wires between the app and every system that it talks to: each can be cut, or lose an answer.
// W1. Only the app's own calls go through them. Otherwise: what the pods or the agents feel is taken for the app's doing.

import { type Relay, startRelay } from "../relay.ts";
import type { Scope } from "../scope.ts";
import type { Stack, StackOptions } from "../stack.ts";
import { names } from "../world.ts";

export type System = "vault" | "postgres" | "blobs" | "kubernetes" | "identity";

export type Wires = Readonly<Record<System, Relay>>;

/** The same address, reached through the wire. */
const through = (relay: Relay, address: string): string => {
	const url = new URL(address);
	url.port = `${relay.port}`;
	return url.href.replace(/\/$/, "");
};

const portOf = (address: string): number => Number(new URL(address).port);

/** For `startStack`: settings that name the wires, and then the wires. */
export function wired(parts: Scope) {
	let early: Pick<Wires, "blobs" | "identity" | "vault"> | undefined;
	const relayTo = (address: string) => parts.use(() => startRelay(portOf(address)));
	const settings: Extract<StackOptions["settings"], (...args: never[]) => unknown> = async (up) => {
		const [blobs, identity, vault] = await Promise.all(
			[up.azurite, up.identity, up.vault].map(({ url }) => relayTo(url)),
		);
		early = { blobs: blobs!, identity: identity!, vault: vault! };
		const storage = through(early.blobs, up.azurite.url);
		return {
			AUDIT_CONTAINER_URL: `${storage}/audit`,
			AUDIT_COPY_CONTAINER_URL: `${storage}/audit-copy`,
			RECORDS_CONTAINER_URL: `${storage}/rotations`,
			AUDIT_SIGNING_KEY_URL: `${through(early.vault, up.vault.url)}/keys/${names.signingKey}`,
			IDENTITY_ENDPOINT: `${through(early.identity, up.identity.url)}/msi/token`,
			// How soon an activity that was in flight comes again; a minute in production.
			AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout: "00:00:02",
		};
	};
	const wires = async ({ postgres, cluster }: Stack): Promise<Wires> => {
		if (!early) throw new Error("The stack has not asked for its settings.");
		const [toPostgres, toCluster] = await Promise.all(
			[`postgresql://127.0.0.1:${postgres.port}`, cluster.server].map(relayTo),
		);
		return { ...early, postgres: toPostgres!, kubernetes: toCluster! };
	};
	return { settings, wires };
}

/** The configuration's addresses, as far as the wires change them. */
export const wiredAddresses = (wires: Wires, { vault, cluster }: Stack) => ({
	vaultUrl: through(wires.vault, vault.url),
	databasePort: wires.postgres.port,
	clusterServer: through(wires.kubernetes, cluster.server),
});
