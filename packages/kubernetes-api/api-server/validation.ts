/**
 * What the server refuses as 422 Invalid, as far as this project's manifests can get it wrong.
 * Fields that do not exist in a built-in kind are noticed by server-side apply alone (declared.ts), as on the real server.
 */

import { copy, fieldsAt, isFields, type KubeObject, listAt, same, valueAt } from "./objects.ts";
import type { Resource } from "./resource.ts";
import { conform } from "./schema.ts";
import { workloadSelector } from "./selectors.ts";
import { badRequest, type Cause, invalid, locked, required, wrong } from "./status-errors.ts";
import { disruptionBudget, networkPolicy } from "./validation-policies.ts";

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Judges an object that is filled in already, and prunes it if it is a custom one.
 * @param before what it is to replace; absent for a new one
 * @throws ApiError 422 with every cause, 400 for Secret data that is not base64
 */
export const validate = (resource: Resource, object: KubeObject, before?: KubeObject): void => {
	const causes = [
		...metadata(resource, object),
		...(resource.schema ? conform(object, resource.schema) : (kinds[resource.kind]?.(object) ?? [])),
		...(before && !resource.schema ? (changes[resource.kind]?.(object, before) ?? []) : []),
	];
	if (causes.length) throw invalid(resource, object.metadata.name, causes);
};

const metadata = (
	resource: Resource,
	{ metadata: { name, labels = {}, ownerReferences = [] } }: KubeObject,
): Cause[] => {
	const causes: Cause[] = [];
	if (!name) causes.push(required("metadata.name", "name or generateName is required"));
	else if (resource.group === "rbac.authorization.k8s.io") {
		if (/[/%]/.test(name)) causes.push(wrong("metadata.name", name, "may not contain '/' or '%'"));
	} else if (resource.kind === "Namespace" ? !label.test(name) : !subdomain.test(name) || name.length > 253)
		causes.push(
			wrong(
				"metadata.name",
				name,
				"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
					"and must start and end with an alphanumeric character",
			),
		);
	for (const value of Object.values(labels))
		if (!labelValue.test(value))
			causes.push(wrong("metadata.labels", value, "a valid label must be an empty string or at most 63 characters"));
	for (const { apiVersion, kind, name, uid } of ownerReferences)
		for (const [field, value] of Object.entries({ apiVersion, kind, name, uid })) {
			const called = field === "apiVersion" ? "version" : field;
			if (!value) causes.push(wrong(`metadata.ownerReferences.${field}`, "", `${called} must not be empty`));
		}
	return causes;
};

const kinds: Record<string, (object: KubeObject) => Cause[]> = {
	Pod: (pod) => podSpec(pod, "spec"),
	Deployment: workload,
	ReplicaSet: workload,
	StatefulSet: workload,
	DaemonSet: workload,
	Job: (job) => jobTemplate(job, "spec.template"),
	CronJob: (cronJob) => [
		...(fieldsAt(cronJob, "spec").schedule ? [] : [required("spec.schedule")]),
		...jobTemplate(cronJob, "spec.jobTemplate.spec.template"),
	],
	Secret(secret) {
		for (const value of Object.values(fieldsAt(secret, "data")))
			if (typeof value !== "string" || Buffer.from(value, "base64").toString("base64") !== value)
				throw badRequest('Secret in version "v1" cannot be handled as a Secret: illegal base64 data');
		return keys(secret);
	},
	ConfigMap: keys,
	NetworkPolicy: networkPolicy,
	PodDisruptionBudget: disruptionBudget,
	RoleBinding: (binding) => (fieldsAt(binding, "roleRef").name ? [] : [required("roleRef.name")]),
};

function keys(object: KubeObject): Cause[] {
	const why = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
	return Object.keys(fieldsAt(object, "data"))
		.filter((key) => !/^[-._a-zA-Z0-9]+$/.test(key))
		.map((key) => wrong(`data[${key}]`, key, why));
}

function workload(object: KubeObject): Cause[] {
	const selector = valueAt(object, "spec.selector");
	const labels = valueAt(object, "spec.template.metadata.labels") as Record<string, string> | undefined;
	const causes: Cause[] = [];
	if (!isFields(selector)) causes.push(required("spec.selector"));
	if (!isFields(selector) || !workloadSelector(selector)(labels ?? {})) {
		const map = labels
			? `{${Object.entries(labels).map((pair) => pair.map((one) => JSON.stringify(one)).join(":"))}}`
			: "(nil)";
		causes.push({
			field: "spec.template.metadata.labels",
			reason: "Invalid",
			message: `Invalid value: map[string]string${map}: \`selector\` does not match template \`labels\``,
		});
	}
	return [...causes, ...podSpec(object, "spec.template.spec")];
}

/** A Job's pods come to an end. */
function jobTemplate(object: KubeObject, path: string): Cause[] {
	const policy = valueAt(object, `${path}.spec.restartPolicy`);
	const causes = podSpec(object, `${path}.spec`);
	if (policy === "OnFailure" || policy === "Never") return causes;
	return [...causes, required(`${path}.spec.restartPolicy`, 'valid values: "OnFailure", "Never"')];
}

const podSpec = (object: KubeObject, path: string): Cause[] => {
	const containers = listAt(object, `${path}.containers`);
	const volumes = listAt(object, `${path}.volumes`).map(({ name }) => name);
	const causes: Cause[] = containers.length ? [] : [required(`${path}.containers`)];
	containers.forEach((container, at) => {
		const here = `${path}.containers[${at}]`;
		for (const field of ["name", "image"]) if (!container[field]) causes.push(required(`${here}.${field}`));
		if (containers.findIndex(({ name }) => name === container.name) !== at)
			causes.push({
				field: `${here}.name`,
				reason: "Duplicate",
				message: `Duplicate value: ${JSON.stringify(container.name)}`,
			});
		listAt(container, "volumeMounts").forEach(({ name }, mount) => {
			if (!volumes.includes(name))
				causes.push({
					field: `${here}.volumeMounts[${mount}].name`,
					reason: "NotFound",
					message: `Not found: ${JSON.stringify(name)}`,
				});
		});
	});
	return causes;
};

const changes: Record<string, (object: KubeObject, before: KubeObject) => Cause[]> = {
	Pod(pod, before) {
		if (same(fixedIn(pod), fixedIn(before))) return [];
		const fields = "`spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds`";
		return [locked("spec", `pod updates may not change fields other than ${fields} or \`spec.tolerations\``)];
	},
	Deployment: sameSelector,
	ReplicaSet: sameSelector,
	DaemonSet: sameSelector,
	StatefulSet(statefulSet, before) {
		const changing = [
			"replicas",
			"template",
			"updateStrategy",
			"minReadySeconds",
			"persistentVolumeClaimRetentionPolicy",
		];
		const fixed = ({ spec }: KubeObject) =>
			Object.fromEntries(Object.entries(spec as object).filter(([name]) => !changing.includes(name)));
		if (same(fixed(statefulSet), fixed(before))) return [];
		return [
			locked(
				"spec",
				"updates to statefulset spec for fields other than 'replicas', 'template', and 'updateStrategy' are forbidden",
			),
		];
	},
	Secret(secret, before) {
		const causes: Cause[] = [];
		if (secret.type !== before.type) causes.push(wrong("type", secret.type, "field is immutable"));
		return [...causes, ...frozen(secret, before)];
	},
	ConfigMap: frozen,
	RoleBinding: sameRole,
	ClusterRoleBinding: sameRole,
};

function frozen(object: KubeObject, before: KubeObject): Cause[] {
	if (!before.immutable) return [];
	const why = "field is immutable when `immutable` is set";
	const causes = object.immutable ? [] : [locked("immutable", why)];
	for (const field of ["data", "binaryData"]) if (!same(object[field], before[field])) causes.push(locked(field, why));
	return causes;
}

function sameSelector(object: KubeObject, before: KubeObject): Cause[] {
	const selector = valueAt(object, "spec.selector");
	return same(selector, valueAt(before, "spec.selector"))
		? []
		: [wrong("spec.selector", selector, "field is immutable")];
}

function sameRole(object: KubeObject, before: KubeObject): Cause[] {
	return same(object.roleRef, before.roleRef) ? [] : [wrong("roleRef", object.roleRef, "cannot change roleRef")];
}

const fixedIn = (pod: KubeObject) => {
	const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...spec } = copy(fieldsAt(pod, "spec"));
	for (const container of [...listAt(spec, "containers"), ...listAt(spec, "initContainers")]) delete container.image;
	return spec;
};
