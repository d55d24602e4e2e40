/**
 * Which lists of the built-in kinds are merged item by item, and what distinguishes their items. A list that is not
 * named here is one value: a patch replaces it whole.
 *
 * @see https://github.com/kubernetes/kubernetes `x-kubernetes-patch-merge-key` and `x-kubernetes-list-map-keys` in its
 * OpenAPI description
 */
import { type Fields, isFields } from "./objects.ts";

const keys: Record<string, string> = {
	addresses: "type",
	conditions: "type",
	containers: "name",
	env: "name",
	ephemeralContainers: "name",
	hostAliases: "ip",
	imagePullSecrets: "name",
	initContainers: "name",
	ownerReferences: "uid",
	podIPs: "ip",
	secrets: "name",
	taints: "key",
	topologySpreadConstraints: "topologyKey",
	volumeDevices: "devicePath",
	volumeMounts: "mountPath",
	volumes: "name",
};

/** The field by which strategic merge distinguishes items; none if the list is replaced whole. */
export const mergeKey = (list: string, items: unknown[]): string | undefined => {
	if (list !== "ports") return keys[list];
	// Containers and Services both have a list of this name, and it is keyed differently.
	const first = items.find(isFields);
	return first && ("containerPort" in first ? "containerPort" : "port");
};

/** Lists of plain values that are merged as sets. */
export const isSet = (list: string): boolean => list === "finalizers";

/** An item's place in managed fields, as in `k:{"name":"web"}`; none if the list is one value. */
export const itemKey = (list: string, item: unknown): string | undefined => {
	if (isSet(list)) return `v:${JSON.stringify(item)}`;
	if (!isFields(item)) return undefined;
	const key = mergeKey(list, [item]);
	if (!key || item[key] === undefined) return undefined;
	const named: Fields = { [key]: item[key] };
	if (list === "ports") named.protocol = item.protocol ?? "TCP";
	return `k:${JSON.stringify(named)}`;
};
