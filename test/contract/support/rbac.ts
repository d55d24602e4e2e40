// The least that the rotator needs in a workload's namespace, as docs and infrastructure grant it.
// `list` cannot be limited to a name, and a Secret's `list` would show all of them: it is not here.

export interface Granted {
	readonly namespace: string;
	readonly deployment: string;
	/** The Secrets that the SecretProviderClass syncs to. */
	readonly secrets: readonly string[];
	/** On AKS the object id of the app's identity. */
	readonly user: string;
}

/** A Role and its RoleBinding. */
export function leastPrivilege({ namespace, deployment, secrets, user }: Granted): object[] {
	const metadata = { name: "titanic-secret-rotator", namespace };
	const rbac = "rbac.authorization.k8s.io";
	return [
		{
			apiVersion: `${rbac}/v1`,
			kind: "Role",
			metadata,
			rules: [
				{ apiGroups: ["apps"], resources: ["deployments"], resourceNames: [deployment], verbs: ["get", "patch"] },
				{ apiGroups: ["apps"], resources: ["replicasets"], verbs: ["list"] },
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
