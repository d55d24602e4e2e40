/**
 * JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386), with the real server's refusals: a body of the wrong shape is
 * 400, an operation that does not fit the object 422.
 */
import { copy, type Fields, isFields, same } from "./objects.ts";
import { badRequest, unfitPatch } from "./status-errors.ts";

/** @returns a patched copy */
export const mergePatch = (target: unknown, patch: unknown): unknown => {
	if (!isFields(patch)) return patch;
	const merged: Fields = isFields(target) ? { ...target } : {};
	for (const [name, value] of Object.entries(patch)) {
		if (value === null) delete merged[name];
		else merged[name] = mergePatch(merged[name], value);
	}
	return merged;
};

interface Operation {
	op: string;
	path: string;
	from?: string;
	value?: unknown;
}

/**
 * @returns a patched copy
 * @throws ApiError 400 if the patch is not a list, 422 if an operation or test fails
 */
export const jsonPatch = (target: unknown, patch: unknown): unknown => {
	if (!Array.isArray(patch)) {
		const shape = isFields(patch) ? "object" : typeof patch;
		throw badRequest(`json: cannot unmarshal ${shape} into Go value of type jsonpatch.Patch`);
	}
	const root = { document: copy(target) };
	for (const operation of patch as Operation[]) perform(root, operation);
	return root.document;
};

const perform = (root: Fields, { op, path, from, value }: Operation) => {
	if (typeof path !== "string") throw unfitPatch();
	if (op === "add") return add(root, path, copy(value));
	if (op === "remove") return void remove(root, path);
	if (op === "replace") {
		remove(root, path);
		return add(root, path, copy(value));
	}
	if (op === "move" && from !== undefined) return add(root, path, remove(root, from));
	if (op === "copy" && from !== undefined) return add(root, path, copy(read(root, from)));
	if (op === "test" && same(read(root, path), value)) return;
	throw unfitPatch();
};

/** The list or object that holds what the pointer names, and its name in there. */
const holderOf = (root: Fields, pointer: string): [holder: Fields | unknown[], name: string] => {
	const names = ["document", ...pointer.split("/").slice(1)].map((name) =>
		name.replaceAll("~1", "/").replaceAll("~0", "~"),
	);
	const last = names.pop()!;
	let holder: unknown = root;
	for (const name of names) holder = (holder as Fields | undefined)?.[name];
	if (!isFields(holder) && !Array.isArray(holder)) throw unfitPatch();
	return [holder, last];
};

const read = (root: Fields, pointer: string): unknown => {
	const [holder, name] = holderOf(root, pointer);
	if (!Object.hasOwn(holder, name)) throw unfitPatch();
	return (holder as Fields)[name];
};

const add = (root: Fields, pointer: string, value: unknown) => {
	const [holder, name] = holderOf(root, pointer);
	if (!Array.isArray(holder)) {
		holder[name] = value;
		return;
	}
	const at = name === "-" ? holder.length : Number(name);
	if (!Number.isInteger(at) || at < 0 || at > holder.length) throw unfitPatch();
	holder.splice(at, 0, value);
};

const remove = (root: Fields, pointer: string): unknown => {
	const value = read(root, pointer);
	const [holder, name] = holderOf(root, pointer);
	if (Array.isArray(holder)) holder.splice(Number(name), 1);
	else delete holder[name];
	return value;
};
