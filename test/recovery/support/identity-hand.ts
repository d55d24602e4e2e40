// The hand of a cluster whose pods read the vault themselves: a new pod takes the newest value.

import { identityOf, podName, rules, serviceAccount, useLabel } from "../../contract/support/identity-scene.ts";
import { deploymentHand, name } from "./deployment-hand.ts";
import type { Hand, HandOptions } from "./hand.ts";

export const identityHand = (options: HandOptions): Promise<Hand> =>
	deploymentHand(options, ({ api, of }) => ({
		labels: { [useLabel]: "true" },
		spec: {
			serviceAccountName: serviceAccount,
			containers: [{ name, image: "titanic-api:1.0.0", env: [podName] }],
			volumes: [],
		},
		rules,
		begin: async () => void (await api.create(of("v1", "serviceaccounts"), identityOf(options.namespace))),
		async given() {
			const newest = options.vault.owner.get("db-password");
			return newest?.enabled ? { password: newest.value, version: newest.version } : undefined;
		},
	}));
