/**
 * The fields that the server fills in, as far as clients rely on them.
 *
 * Invariant: filling in twice is filling in once. Otherwise a patch that changes nothing changes something.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/ "Defaults to ..."
 */

import { randomInt } from "node:crypto";
import { type Fields, fieldsAt, isFields, type KubeObject, listAt } from "./objects.ts";
import type { Resource } from "./resource.ts";

/** Changes the given object, which must not be in the store yet. */
export const fillIn = (resource: Resource, object: KubeObject): void => {
	object.apiVersion = resource.group ? `${resource.group}/${resource.version}` : resource.version;
	object.kind = resource.kind;
	wholeSeconds(resource.schema ? object.metadata : object);
	if (!resource.schema) kinds[resource.kind]?.(object);
};

/** What a client wrote there is text, whatever its key looks like. */
const texts = ["annotations", "labels", "data", "stringData"];
const precise = ["acquireTime", "eventTime", "renewTime"];

/** Times are stored in whole seconds, or microseconds: what a JavaScript client has read and sends back is no change. */
export const wholeSeconds = (fields: object): void => {
	for (const [name, value] of Object.entries(fields)) {
		if (texts.includes(name)) continue;
		if (typeof value === "object" && value !== null) wholeSeconds(value);
		if (typeof value !== "string" || !/(T|t)ime(stamp)?$|At$/.test(name)) continue;
		const [, seconds, fraction] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(value) ?? [];
		if (!seconds) continue;
		const shown = precise.includes(name) ? `${seconds}.${(fraction ?? "").padEnd(6, "0").slice(0, 6)}Z` : `${seconds}Z`;
		Object.assign(fields, { [name]: shown });
	}
};

const kinds: Record<string, (object: KubeObject) => void> = {
	Namespace(namespace) {
		unset(part(namespace, "spec"), { finalizers: ["kubernetes"] });
		unset(part(namespace, "status"), { phase: "Active" });
	},
	Node: (node) => void part(node, "spec"),
	Pod(pod) {
		podSpec(part(pod, "spec"));
		unset(part(pod, "spec"), { enableServiceLinks: true, priority: 0, preemptionPolicy: "PreemptLowerPriority" });
		unset(part(pod, "spec"), { tolerations: ["not-ready", "unreachable"].map(toleration) });
		unset(part(pod, "status"), { phase: "Pending", qosClass: qualityOf(fieldsAt(pod, "spec")) });
	},
	Secret(secret) {
		// Kustomize writes long values in lines; Go's decoder passes over their ends.
		for (const [key, text] of Object.entries(fieldsAt(secret, "data")))
			if (typeof text === "string") part(secret, "data")[key] = text.replace(/[\r\n]/g, "");
		for (const [key, text] of Object.entries(fieldsAt(secret, "stringData")))
			part(secret, "data")[key] = Buffer.from(`${text}`).toString("base64");
		delete secret.stringData;
		unset(secret, { type: "Opaque" });
	},
	Service(service) {
		const spec = part(service, "spec");
		unset(spec, { type: "ClusterIP", sessionAffinity: "None" });
		if (spec.type !== "ExternalName") unset(spec, { clusterIP: `10.0.${randomInt(1, 255)}.${randomInt(1, 255)}` });
		for (const port of listAt(spec, "ports")) unset(port, { protocol: "TCP", targetPort: port.port });
		unset(part(service, "status"), { loadBalancer: {} });
	},
	Deployment(deployment) {
		const spec = workload(deployment);
		unset(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
		rolling(part(spec, "strategy"), { maxUnavailable: "25%", maxSurge: "25%" });
	},
	ReplicaSet(replicaSet) {
		unset(workload(replicaSet), { replicas: 1 });
		unset(part(replicaSet, "status"), { replicas: 0 });
	},
	StatefulSet(statefulSet) {
		const spec = workload(statefulSet);
		unset(spec, { replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: "OrderedReady" });
		rolling(part(spec, "updateStrategy"), { partition: 0 });
		unset(part(statefulSet, "status"), { replicas: 0 });
	},
	DaemonSet(daemonSet) {
		const spec = workload(daemonSet);
		unset(spec, { revisionHistoryLimit: 10 });
		rolling(part(spec, "updateStrategy"), { maxUnavailable: 1 });
		for (const name of ["currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady"])
			unset(part(daemonSet, "status"), { [name]: 0 });
	},
	Job: (job) => void jobSpec(part(job, "spec")),
	CronJob(cronJob) {
		const spec = part(cronJob, "spec");
		unset(spec, { concurrencyPolicy: "Allow", suspend: false });
		unset(spec, { successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
		// What a Job is given is left for when one is made.
		podSpec(part(part(part(part(spec, "jobTemplate"), "spec"), "template"), "spec"));
		part(cronJob, "status");
	},
	HorizontalPodAutoscaler: (autoscaler) =>
		unset(part(autoscaler, "spec"), { minReplicas: 1, targetCPUUtilizationPercentage: 80 }),
	NetworkPolicy(policy) {
		const spec = part(policy, "spec");
		unset(spec, { podSelector: {} });
		for (const rule of [...listAt(spec, "ingress"), ...listAt(spec, "egress")])
			for (const port of listAt(rule, "ports")) unset(port, { protocol: "TCP" });
		unset(spec, { policyTypes: listAt(spec, "egress").length ? ["Ingress", "Egress"] : ["Ingress"] });
	},
	PodDisruptionBudget(budget) {
		part(budget, "spec");
		for (const name of ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"])
			unset(part(budget, "status"), { [name]: 0 });
	},
	Lease: (lease) => void part(lease, "spec"),
	RoleBinding: binding,
	ClusterRoleBinding: binding,
};

/** A pod outlives five minutes of its node's trouble. */
const toleration = (trouble: string) => ({
	key: `node.kubernetes.io/${trouble}`,
	operator: "Exists",
	effect: "NoExecute",
	tolerationSeconds: 300,
});

function binding(object: KubeObject) {
	unset(part(object, "roleRef"), { apiGroup: "rbac.authorization.k8s.io" });
	for (const subject of listAt(object, "subjects"))
		if (subject.kind !== "ServiceAccount") unset(subject, { apiGroup: "rbac.authorization.k8s.io" });
}

const rolling = (strategy: Fields, limits: Fields) => {
	unset(strategy, { type: "RollingUpdate" });
	if (strategy.type === "RollingUpdate") unset(part(strategy, "rollingUpdate"), limits);
};

/** @returns its spec, the pod template filled in */
const workload = (object: KubeObject): Fields => {
	const spec = part(object, "spec");
	podSpec(part(part(spec, "template"), "spec"));
	part(object, "status");
	return spec;
};

const jobSpec = (spec: Fields) => {
	unset(spec, { parallelism: 1, completions: 1, backoffLimit: 6, completionMode: "NonIndexed", suspend: false });
	unset(spec, { manualSelector: false, podReplacementPolicy: "TerminatingOrFailed" });
	podSpec(part(part(spec, "template"), "spec"));
};

const podSpec = (spec: Fields) => {
	unset(spec, {
		restartPolicy: "Always",
		terminationGracePeriodSeconds: 30,
		dnsPolicy: "ClusterFirst",
		securityContext: {},
		schedulerName: "default-scheduler",
	});
	if (spec.serviceAccountName) unset(spec, { serviceAccount: spec.serviceAccountName });
	for (const container of [...listAt(spec, "initContainers"), ...listAt(spec, "containers")]) {
		const image = `${container.image ?? ""}`;
		const latest = image.endsWith(":latest") || !/[:@][^/]*$/.test(image);
		unset(container, {
			terminationMessagePath: "/dev/termination-log",
			terminationMessagePolicy: "File",
			imagePullPolicy: latest ? "Always" : "IfNotPresent",
			resources: {},
		});
		const { limits } = container.resources as { limits?: Fields };
		if (limits) unset(part(container.resources as Fields, "requests"), limits);
		for (const port of listAt(container, "ports")) unset(port, { protocol: "TCP" });
		for (const { valueFrom } of listAt(container, "env"))
			if (isFields(valueFrom) && isFields(valueFrom.fieldRef)) unset(valueFrom.fieldRef, { apiVersion: "v1" });
		for (const probe of ["readinessProbe", "livenessProbe", "startupProbe"]) {
			if (!isFields(container[probe])) continue;
			unset(container[probe], { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
			if (isFields(container[probe].httpGet)) unset(container[probe].httpGet, { path: "/", scheme: "HTTP" });
		}
	}
	for (const volume of listAt(spec, "volumes")) {
		if (Object.keys(volume).length === 1) volume.emptyDir = {};
		for (const source of ["secret", "configMap", "projected", "downwardAPI"])
			if (isFields(volume[source])) unset(volume[source], { defaultMode: 0o644 });
	}
};

const qualityOf = (spec: Fields): string => {
	const resources = listAt(spec, "containers").map((container) => fieldsAt(container, "resources"));
	if (resources.every(({ requests, limits }) => !requests && !limits)) return "BestEffort";
	const bounded = ["cpu", "memory"].every((name) =>
		resources.every((one) => {
			const limit = fieldsAt(one, "limits")[name];
			return limit !== undefined && (fieldsAt(one, "requests")[name] ?? limit) === limit;
		}),
	);
	return bounded ? "Guaranteed" : "Burstable";
};

/** The fields under a name, made when there are none. */
const part = (object: Fields, name: string): Fields => {
	if (!isFields(object[name])) object[name] = {};
	return object[name] as Fields;
};

const unset = (object: Fields, values: Fields) => {
	for (const [name, value] of Object.entries(values)) object[name] ??= value;
};
