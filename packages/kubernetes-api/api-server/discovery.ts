/**
 * What the server says about itself, in the legacy form that every client understands.
 *
 * @see https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
import { apiVersionOf, type Resource } from "./resource.ts";
import { isReview, known } from "./resources.ts";
import type { Store } from "./store.ts";

/** @returns the answer to a GET of a path that is no resource, or undefined for a path that is none of these */
export const discovery = (store: Store, path: string): object | string | undefined => {
	if (["/healthz", "/livez", "/readyz"].includes(path)) return "ok";
	if (path === "/version")
		return { major: "1", minor: "31", gitVersion: "v1.31.0-stand-in", platform: `${process.platform}/${process.arch}` };
	const [root, group, version, ...rest] = path.split("/").slice(1);
	if (rest.length) return undefined;
	if (root === "api") {
		if (!group) return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
		return version ? undefined : resourceList(store, "", group);
	}
	if (root !== "apis") return undefined;
	const named = (group: string) => apiGroup(known(store), group);
	if (!group)
		return {
			kind: "APIGroupList",
			apiVersion: "v1",
			groups: [...new Set(known(store).map((one) => one.group))].filter(Boolean).map(named),
		};
	if (version) return resourceList(store, group, version);
	return known(store).some((one) => one.group === group)
		? { kind: "APIGroup", apiVersion: "v1", ...named(group) }
		: undefined;
};

const apiGroup = (resources: Resource[], name: string) => {
	const versions = [...new Set(resources.filter(({ group }) => group === name).map(({ version }) => version))].map(
		(version) => ({ groupVersion: `${name}/${version}`, version }),
	);
	return { name, versions, preferredVersion: versions[0] };
};

const resourceList = (store: Store, group: string, version: string): object | undefined => {
	const resources = known(store).filter((one) => one.group === group && one.version === version);
	if (!resources.length) return undefined;
	return {
		kind: "APIResourceList",
		apiVersion: "v1",
		groupVersion: apiVersionOf(resources[0]!),
		resources: resources.flatMap((one) => [entry(one), ...one.subresources.map((name) => subresource(one, name))]),
	};
};

const allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

const entry = (one: Resource) => ({
	name: one.plural,
	singularName: one.singular,
	namespaced: one.namespaced,
	kind: one.kind,
	verbs: isReview(one)
		? ["create"]
		: allVerbs.filter((verb) => one.kind !== "Namespace" || verb !== "deletecollection"),
	...(one.shortNames.length && { shortNames: one.shortNames }),
	...(one.plural === "pods" || one.plural === "deployments" ? { categories: ["all"] } : {}),
});

const subresource = (one: Resource, name: string) => ({
	name: `${one.plural}/${name}`,
	singularName: "",
	namespaced: one.namespaced,
	...(name === "scale" && { group: "autoscaling", version: "v1" }),
	kind: { scale: "Scale", binding: "Binding" }[name] ?? one.kind,
	verbs: name === "binding" ? ["create"] : ["get", "patch", "update"],
});
