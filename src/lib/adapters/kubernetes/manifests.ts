// Lists objects of a cluster by their kinds: those that say who takes which secret.
// MF1. Secrets are never among them. Otherwise: their values come with the list, all of them. Kept by: discover.test.ts, on a
//      cluster that would refuse it.

import { Fault } from "../../domain/fault.ts";
import type { ClusterClient } from "./client.ts";

export const listedKinds = {
	Deployment: { group: "apps", version: "v1", plural: "deployments" },
	StatefulSet: { group: "apps", version: "v1", plural: "statefulsets" },
	DaemonSet: { group: "apps", version: "v1", plural: "daemonsets" },
	CronJob: { group: "batch", version: "v1", plural: "cronjobs" },
	Job: { group: "batch", version: "v1", plural: "jobs" },
	Rollout: { group: "argoproj.io", version: "v1alpha1", plural: "rollouts" },
	SecretProviderClass: { group: "secrets-store.csi.x-k8s.io", version: "v1", plural: "secretproviderclasses" },
	ExternalSecret: { group: "external-secrets.io", version: "v1", plural: "externalsecrets" },
	SecretStore: { group: "external-secrets.io", version: "v1", plural: "secretstores" },
	ClusterSecretStore: { group: "external-secrets.io", version: "v1", plural: "clustersecretstores" },
	ClusterExternalSecret: { group: "external-secrets.io", version: "v1", plural: "clusterexternalsecrets" },
	PushSecret: { group: "external-secrets.io", version: "v1alpha1", plural: "pushsecrets" },
	ServiceAccount: { group: "", version: "v1", plural: "serviceaccounts" },
} as const;
export type ListedKind = keyof typeof listedKinds;

const clusterWide: readonly ListedKind[] = ["ClusterSecretStore", "ClusterExternalSecret"];
const pageSize = 250;
const mostPages = 400;

export interface Listed {
	readonly items: readonly unknown[];
	/** Why there are none; a kind that the cluster does not know is none. */
	readonly fault?: Fault;
}

/** @param namespace only this one; default: all */
export async function listOf(client: ClusterClient, kind: ListedKind, namespace?: string): Promise<Listed> {
	const { plural, ...api } = listedKinds[kind];
	const isNamespaced = namespace !== undefined && !clusterWide.includes(kind);
	const items: unknown[] = [];
	let next: string | undefined;
	try {
		for (let page = 0; page < mostPages; page++) {
			const paged = { limit: pageSize, ...(next && { _continue: next }) };
			const target = { verb: "list" as const, resource: plural, ...(isNamespaced && { namespace }) };
			const found = await client.call(target, ({ core, custom }): Promise<Page> => {
				if (api.group === "")
					return isNamespaced
						? core.listNamespacedServiceAccount({ namespace, ...paged })
						: core.listServiceAccountForAllNamespaces(paged);
				return isNamespaced
					? custom.listNamespacedCustomObject({ ...api, plural, namespace, ...paged })
					: custom.listClusterCustomObject({ ...api, plural, ...paged });
			});
			items.push(...found.items);
			next = found.metadata?._continue ?? found.metadata?.continue;
			if (!next) break;
		}
		return { items };
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		return error.code === "cluster-unserved" ? { items } : { items, fault: error };
	}
}

/** The SDK has another name for `continue` in the lists that it knows. */
interface Page {
	readonly items: readonly unknown[];
	readonly metadata?: { readonly _continue?: string; readonly continue?: string };
}
