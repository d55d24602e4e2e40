// The hand of a cluster with External Secrets: its operator reads the vault where it was asked to by a new annotation, and writes the
// Secret once a round. New pods take the Secret's values into their environment.

import { apiOf } from "../../../packages/kubernetes-api/index.ts";
import { externalSecret, rules, secretStore, store } from "../../contract/support/eso-scene.ts";
import { copy, deploymentHand, fromSecret } from "./deployment-hand.ts";
import type { Hand, HandOptions } from "./hand.ts";
import { takenFrom, versionWith } from "./secret-hand.ts";

export const esoHand = (options: HandOptions): Promise<Hand> =>
	deploymentHand(options, ({ api, of }) => {
		const { vault, servers, namespace } = options;
		const plural = "externalsecrets";
		let synced: string | undefined;

		/** A disabled version, or none, leaves the Secret as it was, and it is tried again. */
		async function sync(): Promise<void> {
			const one = await api.get<ReturnType<typeof externalSecret> & { metadata: { annotations?: object } }>(
				of("external-secrets.io/v1", plural, copy),
			);
			const seen = JSON.stringify(one.metadata.annotations ?? {});
			if (seen === synced) return;
			const found = one.spec.data.map(({ secretKey, remoteRef }) => ({
				secretKey,
				held: vault.owner.get(remoteRef.key),
			}));
			if (!found.every(({ held }) => held?.enabled)) return;
			const data = Object.fromEntries(
				found.map(({ secretKey, held }) => [secretKey, Buffer.from(held!.value).toString("base64")]),
			);
			using operator = apiOf(servers.cluster.kubeConfig(), "external-secrets");
			await operator.apply(of("v1", "secrets", copy), {
				apiVersion: "v1",
				kind: "Secret",
				metadata: { name: copy, namespace },
				data,
			});
			synced = seen;
		}

		return {
			spec: fromSecret,
			rules: rules({ externalSecret: copy, store }),
			async begin() {
				const made = [
					["secretstores", secretStore(namespace, `https://${vault.name}.vault.azure.net`)],
					[plural, externalSecret(namespace)],
				] as const;
				for (const [kind, object] of made) await api.create(of("external-secrets.io/v1", kind), object);
				await sync();
			},
			async renew(pods) {
				await sync();
				return pods;
			},
			given: () => takenFrom(api, of),
			versionOf: (password) => versionWith(vault, password),
		};
	});
