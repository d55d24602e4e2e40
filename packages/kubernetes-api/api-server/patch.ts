/** The four kinds of patch, by media type, and which kinds of object take which. */
import { applied } from "./apply.ts";
import { refuseUndeclared } from "./declared.ts";
import type { Writer } from "./managed-fields.ts";
import { copy, type Fields, isFields, type KubeObject } from "./objects.ts";
import { jsonPatch, mergePatch } from "./patch-json.ts";
import { strategicPatch } from "./patch-strategic.ts";
import { apiVersionOf } from "./resource.ts";
import { badRequest, invalid, notFound, unsupportedMediaType } from "./status-errors.ts";
import type { Store } from "./store.ts";
import { change, create, find, type Target } from "./writes.ts";

/** The media types of patches, by what they do. */
export const patchTypes = {
	json: "application/json-patch+json",
	merge: "application/merge-patch+json",
	strategic: "application/strategic-merge-patch+json",
	apply: "application/apply-patch+yaml",
} as const;

const combinations: Record<string, (object: unknown, patch: unknown) => unknown> = {
	[patchTypes.json]: jsonPatch,
	[patchTypes.merge]: mergePatch,
	[patchTypes.strategic]: (object, patch) => strategicPatch(object as Fields, patch as Fields),
};

/** @throws ApiError 415 for a patch type that the kind does not know, and as `replace` does */
export const patch = (
	store: Store,
	target: Target,
	type: string,
	body: unknown,
	options: { fieldManager: string | null; force: string | null },
): { object: KubeObject; created: boolean } => {
	const { resource } = target;
	const { strategic: _strategic, ...others } = patchTypes;
	const accepted: string[] = resource.schema ? Object.values(others) : Object.values(patchTypes);
	if (!accepted.includes(type)) throw unsupportedMediaType(accepted);
	if (type === patchTypes.apply) return apply(store, target, body, options);
	if (options.force !== null)
		throw invalidOption("force", "Forbidden", "Forbidden: may not be specified for non-apply patch");
	const before = find(store, target);
	if (type !== patchTypes.json && !isFields(body)) throw badRequest("error decoding patch: it is not a JSON object");
	const combine = combinations[type]!;
	const object = copy(combine(before, body)) as KubeObject;
	const writer: Writer = { manager: target.manager, operation: "Update" };
	return { object: change(store, target, before, object, writer), created: false };
};

const apply = (
	store: Store,
	target: Target,
	body: unknown,
	{ fieldManager, force }: { fieldManager: string | null; force: string | null },
) => {
	if (!fieldManager) throw invalidOption("fieldManager", "Required", "Required value: is required for apply patch");
	const { resource, namespace, name } = target;
	if (!isFields(body) || body.apiVersion !== apiVersionOf(resource) || body.kind !== resource.kind)
		throw badRequest(`an applied object needs apiVersion ${apiVersionOf(resource)} and kind ${resource.kind}`);
	const wanted = body as KubeObject;
	wanted.metadata = { ...wanted.metadata, name: wanted.metadata?.name ?? name!, ...(namespace && { namespace }) };
	if (wanted.metadata.managedFields) throw badRequest("metadata.managedFields must be nil");
	refuseUndeclared(resource, wanted);
	const before = store.get(resource, namespace, name!);
	if (!before) {
		if (target.subresource) throw notFound(resource, name!);
		const empty = { metadata: { name: name!, namespace } } as KubeObject;
		const object = applied(resource, empty, wanted, fieldManager, true);
		return { object: create(store, target, object), created: true };
	}
	const object = applied(resource, before, wanted, fieldManager, force === "true");
	return { object: change(store, target, before, object), created: false };
};

const invalidOption = (field: string, reason: "Forbidden" | "Required", message: string) =>
	invalid({ kind: "PatchOptions", group: "meta.k8s.io" }, "", [{ field, reason, message }]);
