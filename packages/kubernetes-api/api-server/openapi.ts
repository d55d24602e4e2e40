/**
 * As much OpenAPI v3 as `kubectl apply` asks for before it sends anything: whether the server checks the fields of a kind
 * itself. Without it, kubectl refuses to apply. No schemas: `kubectl explain` has nothing to show.
 *
 * @see https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
 */
import type { Resource } from "./resource.ts";
import { known } from "./resources.ts";
import type { Store } from "./store.ts";

/** @returns the answer to a GET of the path, or undefined for one that is not here */
export function openApi(store: Store, path: string): object | undefined {
	const resources = known(store);
	if (path === "/openapi/v3")
		return { paths: Object.fromEntries(resources.map((one) => [rootOf(one), { serverRelativeURL: urlOf(one) }])) };
	const ofGroup = resources.filter((one) => urlOf(one) === path);
	if (!ofGroup.length) return undefined;
	const info = { title: "Kubernetes", version: "v1.31.0-stand-in" };
	return {
		openapi: "3.0.0",
		info,
		paths: Object.fromEntries(ofGroup.map((one) => [pathOf(one), { patch: patch(one) }])),
	};
}

const rootOf = ({ group, version }: Resource) => (group ? `apis/${group}/${version}` : `api/${version}`);
const urlOf = (one: Resource) => `/openapi/v3/${rootOf(one)}`;
const pathOf = (one: Resource) =>
	`/${rootOf(one)}/${one.namespaced ? "namespaces/{namespace}/" : ""}${one.plural}/{name}`;

const patch = ({ group, version, kind }: Resource) => ({
	"x-kubernetes-action": "patch",
	"x-kubernetes-group-version-kind": { group, version, kind },
	parameters: [{ name: "fieldValidation", in: "query", schema: { type: "string" } }],
	responses: { 200: { description: "OK" } },
});
