// The least that the rotator needs in a workload's namespace, as docs and infrastructure grant it.
// `list` cannot be limited to a name, and a Secret's `list` would show all of them: it is not here.

import list from "../../../infra/rights.json" with { type: "json" };
import type { KindName } from "../../../src/lib/kinds/index.ts";

export interface Granted {
	readonly namespace: string;
	/** What the API calls the workload; default: a Deployment. */
	readonly kind?: KindName;
	readonly deployment: string;
	/** The Secrets that the SecretProviderClass syncs to. */
	readonly secrets: readonly string[];
	/** On AKS the object id of the app's identity. */
	readonly user: string;
}

/** A Role and its RoleBinding. */
export function leastPrivilege({ namespace, kind = "Deployment", deployment, secrets, user }: Granted): object[] {
	const metadata = { name: "titanic-secret-rotator", namespace };
	const rbac = "rbac.authorization.k8s.io";
	return [
		{
			apiVersion: `${rbac}/v1`,
			kind: "Role",
			metadata,
			rules: [
				...rulesOf(kind, deployment),
				{ apiGroups: [""], resources: ["pods"], verbs: ["list"] },
				{ apiGroups: [""], resources: ["secrets"], resourceNames: secrets, verbs: ["get"] },
				{
					apiGroups: ["secrets-store.csi.x-k8s.io"],
					resources: ["secretproviderclasses", "secretproviderclasspodstatuses"],
					verbs: ["get", "list"],
				},
			],
		},
		{
			apiVersion: `${rbac}/v1`,
			kind: "RoleBinding",
			metadata,
			roleRef: { apiGroup: rbac, kind: "Role", name: metadata.name },
			subjects: [{ apiGroup: rbac, kind: "User", name: user }],
		},
	];
}

/** As the list of rights has them: what is rolled by its name, what only can be listed without one. */
const rulesOf = (kind: KindName, name: string) =>
	(list.kubernetes[kind].rights as readonly Listed[]).map(({ verb, group, resource, named }) => ({
		apiGroups: [group],
		resources: [resource],
		...(named && { resourceNames: [name] }),
		verbs: [verb],
	}));

interface Listed {
	readonly verb: string;
	readonly group: string;
	readonly resource: string;
	readonly named?: string;
}
