/** The subresources that are more than a part of the object: the scale of a workload, the binding of a pod to its node. */
import { copy, type Fields, fieldsAt, type KubeObject, timestamp, valueAt } from "./objects.ts";
import { patch, patchTypes } from "./patch.ts";
import { mergePatch } from "./patch-json.ts";
import { type ApiRequest, bodyOf, mediaType } from "./request.ts";
import { badRequest, conflict, notFound, type Status } from "./status-errors.ts";
import type { Store } from "./store.ts";
import { labelsText } from "./table.ts";
import type { Target } from "./writes.ts";

/** @see https://kubernetes.io/docs/reference/kubernetes-api/autoscaling-resources/ */
export const scale = (store: Store, target: Target, request: ApiRequest): object => {
	const found = store.get(target.resource, target.namespace, target.name!);
	if (!found) throw notFound(target.resource, target.name!);
	if (request.method === "GET") return scaleOf(found);
	const body = bodyOf(request) as Fields;
	const type = mediaType(request.headers["content-type"]);
	if (request.method === "PATCH" && type !== patchTypes.merge && type !== patchTypes.strategic)
		throw badRequest("a scale is patched here by merge patch only");
	const wanted = request.method === "PATCH" ? (mergePatch(scaleOf(found), body) as Fields) : body;
	const replicas = fieldsAt(wanted, "spec").replicas ?? 0;
	const change = { metadata: { resourceVersion: valueAt(wanted, "metadata.resourceVersion") }, spec: { replicas } };
	const whole = { ...target, subresource: undefined };
	return scaleOf(patch(store, whole, patchTypes.merge, change, { fieldManager: null, force: null }).object);
};

const scaleOf = (object: KubeObject): object => {
	const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
	return {
		kind: "Scale",
		apiVersion: "autoscaling/v1",
		metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
		spec: { replicas: valueAt(object, "spec.replicas") },
		status: {
			replicas: valueAt(object, "status.replicas") ?? 0,
			selector: labelsText(fieldsAt(object, "spec.selector.matchLabels")),
		},
	};
};

/** @throws ApiError 400, 404, 409 for a pod that has a node already */
export const bind = (store: Store, { resource, namespace, name }: Target, request: ApiRequest): Status => {
	const body = bodyOf(request) as Fields;
	const node = valueAt(body, "target.name");
	if (valueAt(body, "metadata.name") !== name) throw badRequest("name in URL does not match name in Binding object");
	if (typeof node !== "string" || !node) throw badRequest("target.name: Required value");
	const found = store.get(resource, namespace, name!);
	if (!found) throw notFound(resource, name!);
	const already = valueAt(found, "spec.nodeName");
	const binding = { ...resource, plural: "pods/binding" };
	if (found.metadata.deletionTimestamp)
		throw conflict(binding, name!, `pod ${name} is being deleted, cannot be assigned to a host`);
	if (already) throw conflict(binding, name!, `pod ${name} is already assigned to node "${already}"`);
	const pod = copy(found);
	(pod.spec as Fields).nodeName = node;
	const scheduled = { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: timestamp() };
	pod.status = { ...fieldsAt(pod, "status"), conditions: [scheduled] };
	store.put(resource, pod);
	return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
};
