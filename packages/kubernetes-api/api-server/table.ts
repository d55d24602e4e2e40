/**
 * The columns that kubectl prints: the server makes them, the client does not know the kinds.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */

import { type Fields, fieldsAt, type KubeObject, listAt, valueAt } from "./objects.ts";
import type { Resource } from "./resource.ts";

interface Column {
	name: string;
	type: "string" | "integer";
	/** shown by `-o wide` only */
	wide?: true;
	cell: (object: KubeObject) => string | number;
}

const text = (name: string, cell: Column["cell"]): Column => ({ name, type: "string", cell });
const wide = (name: string, cell: Column["cell"]): Column => ({ name, type: "string", wide: true, cell });
const count = (name: string, cell: Column["cell"]): Column => ({ name, type: "integer", cell });

const name = text("Name", ({ metadata }) => metadata.name);
const age = text("Age", ({ metadata }) => ageOf(metadata.creationTimestamp));
const number = (object: Fields, path: string) => Number(valueAt(object, path) ?? 0);
const orNone = (value: unknown) => `${value ?? "<none>"}`;
const containers = (path: string, field: string) => (object: KubeObject) =>
	listAt(object, `${path}.containers`)
		.map((one) => one[field])
		.join(",");

const columnsOf: Record<string, Column[]> = {
	pods: [
		name,
		text("Ready", (pod) => {
			const ready = listAt(pod, "status.containerStatuses").filter((one) => one.ready).length;
			return `${ready}/${listAt(pod, "spec.containers").length}`;
		}),
		text("Status", podStatus),
		count("Restarts", (pod) =>
			listAt(pod, "status.containerStatuses").reduce((sum, { restartCount }) => sum + Number(restartCount ?? 0), 0),
		),
		age,
		wide("IP", (pod) => orNone(valueAt(pod, "status.podIP"))),
		wide("Node", (pod) => orNone(valueAt(pod, "spec.nodeName"))),
		wide("Nominated Node", (pod) => orNone(valueAt(pod, "status.nominatedNodeName"))),
		wide("Readiness Gates", () => "<none>"),
	],
	deployments: [
		name,
		text("Ready", (one) => `${number(one, "status.readyReplicas")}/${number(one, "spec.replicas")}`),
		count("Up-to-date", (one) => number(one, "status.updatedReplicas")),
		count("Available", (one) => number(one, "status.availableReplicas")),
		age,
		wide("Containers", containers("spec.template.spec", "name")),
		wide("Images", containers("spec.template.spec", "image")),
		wide("Selector", (one) => labelsText(fieldsAt(one, "spec.selector.matchLabels"))),
	],
	replicasets: [
		name,
		count("Desired", (one) => number(one, "spec.replicas")),
		count("Current", (one) => number(one, "status.replicas")),
		count("Ready", (one) => number(one, "status.readyReplicas")),
		age,
	],
	secrets: [
		name,
		text("Type", (secret) => orNone(secret.type)),
		count("Data", (secret) => Object.keys(fieldsAt(secret, "data")).length),
		age,
	],
	namespaces: [name, text("Status", (one) => orNone(valueAt(one, "status.phase"))), age],
};

/** `app=web,tier=db` */
export const labelsText = (labels: Fields): string =>
	Object.entries(labels)
		.map(([key, value]) => `${key}=${value}`)
		.join(",");

/** @returns a Table of the objects: one for an object, many for a list */
export const tableOf = (resource: Resource, objects: KubeObject[], metadata: object): object => {
	const columns = (!resource.schema && columnsOf[resource.plural]) || [name, age];
	return {
		kind: "Table",
		apiVersion: "meta.k8s.io/v1",
		metadata,
		columnDefinitions: columns.map(({ name, type, wide }) => ({
			name,
			type,
			format: name === "Name" ? "name" : "",
			description: "",
			priority: wide ? 1 : 0,
		})),
		rows: objects.map((object) => ({
			cells: columns.map(({ cell }) => cell(object)),
			object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata },
		})),
	};
};

function podStatus(pod: KubeObject): string {
	if (pod.metadata.deletionTimestamp) return "Terminating";
	for (const status of listAt(pod, "status.containerStatuses")) {
		const reason = valueAt(status, "state.waiting.reason") ?? valueAt(status, "state.terminated.reason");
		if (reason) return `${reason}`;
	}
	return `${valueAt(pod, "status.reason") ?? valueAt(pod, "status.phase") ?? "Unknown"}`;
}

/** 90s, 5m, 3h, 2d */
const ageOf = (since: string | undefined): string => {
	if (!since) return "<unknown>";
	const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(since)) / 1000));
	if (seconds < 120) return `${seconds}s`;
	if (seconds < 3 * 3600) return `${Math.floor(seconds / 60)}m`;
	if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
	return `${Math.floor(seconds / 86_400)}d`;
};
