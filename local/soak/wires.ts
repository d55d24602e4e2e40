// The wires between the app and every system that it talks to: each can be cut, or lose an answer.
// W1. Only the app's own calls go through them. Otherwise: what the pods or the agents feel is taken for the app's doing.

import { type Relay, startRelay } from "../relay.ts";
import type { Scope } from "../scope.ts";
import type { Stack, StackOptions } from "../stack.ts";

export type System = "vault" | "postgres" | "blobs" | "kubernetes" | "identity";

export type Wires = Readonly<Record<System, Relay>>;

/** The same address, reached through the wire. */
const through = (relay: Relay, address: string): string => {
	const url = new URL(address);
	url.port = `${relay.port}`;
	return url.href.replace(/\/$/, "");
};

const portOf = (address: string): number => Number(new URL(address).port);

/** For `startStack`: settings that name the wires. @returns also what has to be known of them later */
export function wiredSettings(parts: Scope) {
	let early: Pick<Wires, "blobs" | "identity"> | undefined;
	const settings: Extract<StackOptions["settings"], (...args: never[]) => unknown> = async ({ azurite, identity }) => {
		const [blobs, tokens] = await Promise.all([
			parts.use(() => startRelay(portOf(azurite.url))),
			parts.use(() => startRelay(portOf(identity.url))),
		]);
		early = { blobs, identity: tokens };
		return {
			AUDIT_CONTAINER_URL: `${through(blobs, azurite.url)}/audit`,
			RECORDS_CONTAINER_URL: `${through(blobs, azurite.url)}/rotations`,
			IDENTITY_ENDPOINT: `${through(tokens, identity.url)}/msi/token`,
			// How soon an activity that was in flight comes again; a minute in production.
			AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout: "00:00:02",
		};
	};
	const wires = async ({ vault, postgres, cluster }: Stack): Promise<Wires> => {
		if (!early) throw new Error("The stack has not asked for its settings.");
		const [toVault, toPostgres, toCluster] = await Promise.all(
			[portOf(vault.url), postgres.port, portOf(cluster.server)].map((port) => parts.use(() => startRelay(port))),
		);
		return { ...early, vault: toVault!, postgres: toPostgres!, kubernetes: toCluster! };
	};
	return { settings, wires };
}

/** The configuration's addresses, as far as the wires change them. */
export const wiredAddresses = (wires: Wires, { vault, cluster }: Stack) => ({
	vaultUrl: through(wires.vault, vault.url),
	databasePort: wires.postgres.port,
	clusterServer: through(wires.kubernetes, cluster.server),
});
