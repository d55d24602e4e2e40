/**
 * Strategic merge patch: objects merge, lists with a merge key merge item by item, other lists are replaced.
 *
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */

import { isSet, mergeKey } from "./list-keys.ts";
import { type Fields, isFields, same } from "./objects.ts";
import { ApiError, badRequest } from "./status-errors.ts";

/** @returns a patched copy */
export const strategicPatch = (target: Fields, patch: Fields): Fields => {
	const directive = patch.$patch;
	if (directive === "replace") return withoutDirectives(patch);
	if (directive === "delete") return {};
	if (directive !== undefined && directive !== "merge") throw badRequest(`Unknown patch type: ${directive}`);
	const merged: Fields = { ...target };
	for (const [name, value] of Object.entries(patch)) {
		if (name.startsWith("$")) continue;
		if (value === null) delete merged[name];
		else if (isFields(value)) merged[name] = strategicPatch(isFields(merged[name]) ? merged[name] : {}, value);
		else if (Array.isArray(value)) merged[name] = mergeList(name, merged[name], value, patch);
		else merged[name] = value;
	}
	for (const [name, value] of Object.entries(patch)) {
		if (!name.startsWith("$deleteFromPrimitiveList/") || !Array.isArray(value)) continue;
		const list = name.slice("$deleteFromPrimitiveList/".length);
		if (Array.isArray(merged[list])) merged[list] = merged[list].filter((item) => !value.includes(item));
	}
	if (Array.isArray(patch.$retainKeys))
		for (const name of Object.keys(merged)) if (!patch.$retainKeys.includes(name)) delete merged[name];
	return merged;
};

const mergeList = (name: string, target: unknown, patch: unknown[], beside: Fields): unknown[] => {
	const present: unknown[] = Array.isArray(target) ? target : [];
	if (isSet(name)) return [...new Set([...patch, ...present])];
	const key = mergeKey(name, [...patch, ...present]);
	if (patch.some((item) => isFields(item) && item.$patch === "replace"))
		return patch.filter((item) => !(isFields(item) && "$patch" in item));
	if (!key) return asGiven(patch);
	let merged = present as Fields[];
	for (const item of patch as Fields[]) {
		if (item[key] === undefined)
			throw new ApiError(500, undefined, `map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
		const at = merged.findIndex((one) => same(one[key], item[key]));
		if (item.$patch === "delete") merged = merged.filter((_, index) => index !== at);
		else if (at < 0) merged = [...merged, strategicPatch({}, item)];
		else merged = merged.with(at, strategicPatch(merged[at]!, item));
	}
	const order = beside[`$setElementOrder/${name}`] ?? patch;
	return inOrder(
		merged,
		key,
		(order as Fields[]).map((item) => item[key]),
		(present as Fields[]).map((item) => item[key]),
	);
};

/**
 * The items that the patch names keep its order; each of the others stays before those that it was before.
 * @param wanted keys in the patch's order
 * @param live keys in the order in which they were
 */
const inOrder = (items: Fields[], key: string, wanted: unknown[], live: unknown[]): Fields[] => {
	const named = wanted.flatMap((value) => items.filter((item) => same(item[key], value)));
	const others = items.filter((item) => !named.includes(item));
	const place = (item: Fields) => live.findIndex((value) => same(value, item[key]));
	const ordered: Fields[] = [];
	for (const other of others) {
		while (named.length && place(named[0]!) < place(other)) ordered.push(named.shift()!);
		ordered.push(other);
	}
	return [...ordered, ...named];
};

/** The items of a list that is one value: nothing in them is merged, so two ports of one number stay two. */
const asGiven = <T>(value: T): T => {
	if (Array.isArray(value)) return value.map(asGiven) as T;
	if (!isFields(value)) return value;
	const kept = Object.entries(value).filter(([name, field]) => field !== null && !name.startsWith("$"));
	return Object.fromEntries(kept.map(([name, field]) => [name, asGiven(field)])) as T;
};

const withoutDirectives = (patch: Fields): Fields => strategicPatch({}, { ...patch, $patch: undefined });
