// The hand of a cluster whose pods read the vault themselves: a new pod takes the newest value, and opens a session under its name
// that it keeps until it ends.

import pg from "pg";
import { identityOf, podName, rules, serviceAccount, useLabel } from "../../contract/support/identity-scene.ts";
import { deploymentHand, name } from "./deployment-hand.ts";
import type { Hand, HandOptions } from "./hand.ts";

export async function identityHand(options: HandOptions): Promise<Hand> {
	const { vault, servers, namespace, role } = options;
	const sessions = new Map<string, pg.Client>();
	const leave = async (pod: string) => {
		await sessions
			.get(pod)
			?.end()
			.catch(() => {});
		sessions.delete(pod);
	};
	const hand = await deploymentHand(options, ({ api, of }) => ({
		labels: { [useLabel]: "true" },
		spec: {
			serviceAccountName: serviceAccount,
			containers: [{ name, image: "titanic-api:1.0.0", env: [podName] }],
			volumes: [],
		},
		rules,
		begin: async () => void (await api.create(of("v1", "serviceaccounts"), identityOf(namespace))),
		async given() {
			const newest = vault.owner.get("db-password");
			return newest?.enabled ? { password: newest.value, version: newest.version } : undefined;
		},
		async mounted({ name: pod }, { password }) {
			const { host, port } = servers.postgres;
			const client = new pg.Client({ host, port, database: "postgres", user: role, password, application_name: pod });
			client.on("error", () => {});
			sessions.set(pod, client);
			// Like a pod that is not let in, it is there all the same.
			await client.connect().catch(() => {});
		},
		unmounted: ({ name: pod }) => leave(pod),
	}));
	return {
		...hand,
		async [Symbol.asyncDispose]() {
			for (const pod of sessions.keys()) await leave(pod);
			await hand[Symbol.asyncDispose]();
		},
	};
}
