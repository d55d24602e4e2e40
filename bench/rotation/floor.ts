// The floor: what the calls of a rotation cost by themselves. The same calls to the same systems, straight-line with the
// plain SDKs; no durability, no audit, no way back when something fails.

import { SecretClient } from "@azure/keyvault-secrets";
import { AppsV1Api, PatchStrategy, setHeaderOptions, type V1Deployment } from "@kubernetes/client-node";
import pg from "pg";
import type { Stack } from "../../local/stack.ts";
import { connectionString, identities, names } from "../../local/world.ts";
import { newPassword, Password } from "../../src/lib/domain/password.ts";
import { verifierOf } from "../../src/lib/domain/verifier.ts";

export interface FloorRotation {
	/** From the first call to the new version readable. */
	readonly publishedMs: number;
	/** From the reads before the database session to the last read after publishing. */
	readonly criticalMs: number;
	/** From ALTER ROLE committed to the new version readable. */
	readonly gapMs: number;
}

export interface Floor {
	rotate(): Promise<FloorRotation>;
	/** Patches the Deployment and waits for its rollout. @returns milliseconds */
	deliver(): Promise<number>;
}

const name = "db-password";
const pendingName = `${name}-pending`;

export function floorOn(stack: Stack): Floor {
	const { postgres, vault, identity, cluster } = stack;
	const secrets = new SecretClient(vault.url, identity.managedIdentity(identities.rotator).credential(), {
		allowInsecureConnection: true,
		disableChallengeResourceVerification: true,
	});
	const apps = cluster.kubeConfig().makeApiClient(AppsV1Api);
	const at = { namespace: names.namespace, name: names.workload };

	const connect = async (password: string) => {
		const client = new pg.Client({
			host: postgres.host,
			port: postgres.port,
			database: names.database,
			user: names.role,
			password,
			ssl: { rejectUnauthorized: true },
		});
		await client.connect();
		return client;
	};

	return {
		async rotate() {
			const begun = performance.now();
			const before = await secrets.getSecret(name);
			const rotation = crypto.randomUUID();
			const tags = { ...before.properties.tags, "rotation-id": rotation };
			await secrets.setSecret(pendingName, newPassword().reveal(), {
				tags: { "rotation-id": rotation, "base-version": before.properties.version ?? "" },
			});

			const critical = performance.now();
			const [live, pending] = await Promise.all([secrets.getSecret(name), secrets.getSecret(pendingName)]);
			const next = pending.value ?? "";
			const session = await connect(live.value ?? "");
			const verifier = verifierOf(new Password(next), name);
			await session.query(`ALTER ROLE ${pg.escapeIdentifier(names.role)} PASSWORD ${pg.escapeLiteral(verifier)}`);
			const altered = performance.now();
			await (await connect(next)).end();
			const expiresOn = new Date(Date.now() + 120 * 86_400_000);
			const published = await secrets.setSecret(name, next, { tags, expiresOn });
			const readable = performance.now();
			const derived = connectionString(next, postgres);
			await secrets.setSecret("db-connection-string", derived, { tags, expiresOn });
			const after = await secrets.getSecret(name);
			if (after.properties.version !== published.properties.version) throw new Error("Another version is live.");
			await session.end();
			const ended = performance.now();
			retirePending(stack);
			return { publishedMs: readable - begun, criticalMs: ended - critical, gapMs: readable - altered };
		},

		async deliver() {
			const begun = performance.now();
			const annotations = { "kubectl.kubernetes.io/restartedAt": new Date().toISOString(), bench: crypto.randomUUID() };
			const body = { spec: { template: { metadata: { annotations } } } };
			const strategic = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
			await apps.patchNamespacedDeployment({ ...at, body }, strategic);
			while (!rolledOut(await apps.readNamespacedDeployment(at))) await new Promise((next) => setTimeout(next, 50));
			return performance.now() - begun;
		},
	};
}

/**
 * Disables it, as the end of a rotation does: the product would take an enabled one for a rotation that was cut short.
 */
export function retirePending({ vault }: Stack): void {
	const { version } = vault.owner.get(pendingName) ?? {};
	if (version !== undefined) vault.owner.update(pendingName, version, { enabled: false });
}

function rolledOut({ metadata, spec, status }: V1Deployment): boolean {
	const replicas = spec?.replicas ?? 1;
	return (
		(status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
		status?.updatedReplicas === replicas &&
		status.availableReplicas === replicas &&
		status.replicas === replicas
	);
}
