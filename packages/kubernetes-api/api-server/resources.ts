/**
 * The kinds this server knows: the built-in ones it is asked for here, and whatever CustomResourceDefinitions add.
 * Everything else is 404, as on the real server.
 */
import { fieldsAt, type KubeObject, listAt } from "./objects.ts";
import type { Resource } from "./resource.ts";
import type { Store } from "./store.ts";

type Traits = Partial<Pick<Resource, "namespaced" | "shortNames" | "subresources" | "counted">>;

const group = (name: string, version: string, kinds: Record<string, [plural: string, traits?: Traits]>): Resource[] =>
	Object.entries(kinds).map(([kind, [plural, traits]]) => ({
		group: name,
		version,
		plural,
		singular: kind.toLowerCase(),
		kind,
		namespaced: true,
		shortNames: [],
		subresources: [],
		counted: false,
		...traits,
	}));

const everywhere = { namespaced: false };
const scalable = { subresources: ["scale", "status"], counted: true };

const builtIn: Resource[] = [
	...group("", "v1", {
		Namespace: ["namespaces", { ...everywhere, shortNames: ["ns"], subresources: ["finalize", "status"] }],
		Node: ["nodes", { ...everywhere, shortNames: ["no"], subresources: ["status"] }],
		Pod: ["pods", { shortNames: ["po"], subresources: ["binding", "status"] }],
		Secret: ["secrets"],
		ConfigMap: ["configmaps", { shortNames: ["cm"] }],
		ServiceAccount: ["serviceaccounts", { shortNames: ["sa"] }],
		Service: ["services", { shortNames: ["svc"], subresources: ["status"] }],
		Endpoints: ["endpoints", { shortNames: ["ep"] }],
		Event: ["events", { shortNames: ["ev"] }],
	}),
	...group("apps", "v1", {
		Deployment: ["deployments", { ...scalable, shortNames: ["deploy"] }],
		ReplicaSet: ["replicasets", { ...scalable, shortNames: ["rs"] }],
		StatefulSet: ["statefulsets", { ...scalable, shortNames: ["sts"] }],
		DaemonSet: ["daemonsets", { shortNames: ["ds"], subresources: ["status"], counted: true }],
	}),
	...group("batch", "v1", {
		Job: ["jobs", { subresources: ["status"], counted: true }],
		CronJob: ["cronjobs", { shortNames: ["cj"], subresources: ["status"], counted: true }],
	}),
	...group("autoscaling", "v1", {
		HorizontalPodAutoscaler: ["horizontalpodautoscalers", { shortNames: ["hpa"], subresources: ["status"] }],
	}),
	...group("networking.k8s.io", "v1", {
		NetworkPolicy: ["networkpolicies", { shortNames: ["netpol"], counted: true }],
	}),
	...group("policy", "v1", {
		PodDisruptionBudget: ["poddisruptionbudgets", { shortNames: ["pdb"], subresources: ["status"], counted: true }],
	}),
	...group("coordination.k8s.io", "v1", { Lease: ["leases"] }),
	...group("rbac.authorization.k8s.io", "v1", {
		Role: ["roles"],
		RoleBinding: ["rolebindings"],
		ClusterRole: ["clusterroles", everywhere],
		ClusterRoleBinding: ["clusterrolebindings", everywhere],
	}),
	...group("apiextensions.k8s.io", "v1", {
		CustomResourceDefinition: [
			"customresourcedefinitions",
			{ ...everywhere, shortNames: ["crd", "crds"], subresources: ["status"], counted: true },
		],
	}),
	...group("authorization.k8s.io", "v1", { SelfSubjectAccessReview: ["selfsubjectaccessreviews", everywhere] }),
];

/** SelfSubjectAccessReviews are answered, never stored. */
export const isReview = (resource: Resource): boolean => resource.kind === "SelfSubjectAccessReview";

const builtInKind = (name: string): Resource => builtIn.find(({ kind }) => kind === name)!;

const definitions = builtInKind("CustomResourceDefinition");
export const namespaces = builtInKind("Namespace");
/** Roles and their bindings, by kind. */
export const rbacKinds = {
	Role: builtInKind("Role"),
	RoleBinding: builtInKind("RoleBinding"),
	ClusterRole: builtInKind("ClusterRole"),
	ClusterRoleBinding: builtInKind("ClusterRoleBinding"),
};

export const isBuiltInGroup = (name: string): boolean => builtIn.some(({ group }) => group === name);

/** All kinds at this moment, in the order in which discovery lists them. */
export const known = (store: Store): Resource[] => [...builtIn, ...store.list(definitions).flatMap(fromDefinition)];

export const resourceOf = (store: Store, of: { group: string; version: string; plural: string }) =>
	known(store).find(
		({ group, version, plural }) => group === of.group && version === of.version && plural === of.plural,
	);

/** One resource for each served version; objects are the same in all of them. */
const fromDefinition = (definition: KubeObject): Resource[] => {
	const names = fieldsAt(definition, "spec.names") as { plural: string; kind: string; singular?: string };
	return listAt(definition, "spec.versions")
		.filter(({ served }) => served)
		.map((version) => ({
			group: fieldsAt(definition, "spec").group as string,
			version: version.name as string,
			plural: names.plural,
			singular: names.singular ?? names.kind.toLowerCase(),
			kind: names.kind,
			namespaced: fieldsAt(definition, "spec").scope === "Namespaced",
			shortNames: (fieldsAt(definition, "spec.names").shortNames as string[]) ?? [],
			subresources: Object.keys(fieldsAt(version, "subresources")),
			counted: true,
			schema: fieldsAt(version, "schema.openAPIV3Schema"),
		}));
};
