// The hand of a cluster with a plain Secret: nobody but the rotator writes to it, once a person has made it. New pods take its
// values into their environment.

import type { V1Secret } from "@kubernetes/client-node";
import { apiOf, type Wire } from "../../../packages/kubernetes-api/index.ts";
import { copy, deploymentHand, fromSecret, type Makes } from "./deployment-hand.ts";
import type { Hand, HandOptions } from "./hand.ts";

export const secretHand = (options: HandOptions): Promise<Hand> =>
	deploymentHand(options, ({ api, of }) => {
		const { vault, servers } = options;
		const live = (secret: string) => Buffer.from(vault.owner.get(secret)!.value).toString("base64");
		return {
			spec: fromSecret,
			rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: [copy], verbs: ["patch"] }],
			async begin() {
				using person = apiOf(servers.cluster.kubeConfig(), "kubectl-create");
				const data = { "db-password": live("db-password"), "database-url": live("db-connection-string") };
				await person.create(of("v1", "secrets"), { apiVersion: "v1", kind: "Secret", metadata: { name: copy }, data });
			},
			given: () => takenFrom(api, of),
			versionOf: (password) => versionWith(vault, password),
		};
	});

/** What a container gets that starts now. */
export async function takenFrom(api: Makes["api"], of: Makes["of"]) {
	const { data = {} } = await api.get<Wire<V1Secret>>(of("v1", "secrets", copy));
	const encoded = data["db-password"];
	return encoded === undefined ? undefined : { password: Buffer.from(encoded, "base64").toString(), version: "" };
}

/** The newest version that has this value. */
export const versionWith = ({ owner }: HandOptions["vault"], password: string): string =>
	owner.versions("db-password").findLast(({ value }) => value === password)?.version ?? "";
