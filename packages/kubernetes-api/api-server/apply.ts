/**
 * Server-side apply: the object gets what the manager wants, loses what only this manager had wanted before, and nothing
 * is taken from another manager unless forced.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */

import { itemKey } from "./list-keys.ts";
import { entryOf, isOf, type Path, pathsIn, valuesOf, type Writer, without } from "./managed-fields.ts";
import { copy, type Fields, isFields, type KubeObject, same } from "./objects.ts";
import { mergePatch } from "./patch-json.ts";
import { strategicPatch } from "./patch-strategic.ts";
import type { Resource } from "./resource.ts";
import { applyConflict } from "./status-errors.ts";

/**
 * @param wanted what the manager applies, complete: what it no longer names is given up
 * @returns a copy of the live object with it, managed fields included
 * @throws ApiError 409 that names each field and its owner, unless `force`
 */
export const applied = (
	resource: Resource,
	live: KubeObject,
	wanted: KubeObject,
	manager: string,
	force: boolean,
): KubeObject => {
	const writer: Writer = { manager, operation: "Apply" };
	const past = live.metadata.managedFields ?? [];
	const mine = past.find((entry) => isOf(entry, writer, wanted));
	const others = past.filter((entry) => entry !== mine);
	const values = valuesOf(resource, wanted);
	const present = valuesOf(resource, live);
	// Base64 in lines is the same value: no change, and so no new time.
	const plain = (value: unknown) =>
		wanted.kind === "Secret" && typeof value === "string" ? value.replace(/[\r\n]/g, "") : value;
	const taken = [...values].filter(
		([path, value]) => present.has(path) && !same(plain(present.get(path)), plain(value)),
	);
	const conflicts = taken.flatMap(([path]) =>
		others
			.filter((entry) => pathsIn(entry).has(path))
			.map((entry) => ({
				field: shown(path),
				owner: `"${entry.manager}" using ${entry.apiVersion}`,
			})),
	);
	if (conflicts.length && !force) throw applyConflict(conflicts);

	const { managedFields: _wanted, ...metadata } = wanted.metadata;
	const merge = resource.schema ? mergePatch : strategicPatch;
	const object = copy(merge(live, { ...wanted, metadata })) as KubeObject;
	// A map that was empty is a value; with something in it, it is no value any more, and not given up.
	const isWithin = (path: Path) => [...values.keys()].some((one) => one.startsWith(`${path}\n`));
	const givenUp = mine ? [...pathsIn(mine)].filter((path) => !values.has(path) && !isWithin(path)) : [];
	for (const path of givenUp) if (!others.some((entry) => pathsIn(entry).has(path))) removeAt(object, path.split("\n"));
	const unchanged = mine && same(pathsIn(mine), new Set(values.keys())) && !taken.length;
	object.metadata.managedFields = [
		unchanged ? mine : entryOf(writer, wanted, values.keys()),
		...others.map((entry) =>
			without(
				entry,
				taken.map(([path]) => path),
			),
		),
	].filter(({ fieldsV1 }) => Object.keys(fieldsV1).length);
	return object;
};

/** `.spec.containers[name="web"].image`, as the real server writes it. */
const shown = (path: Path): string =>
	path
		.split("\n")
		.filter((step) => step !== ".")
		.map((step) => {
			if (step.startsWith("f:")) return `.${step.slice(2)}`;
			if (step.startsWith("v:")) return `[${step.slice(2)}]`;
			const keys = Object.entries(JSON.parse(step.slice(2)) as Fields);
			return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
		})
		.join("");

/** Removes a value, and the objects that are empty without it. */
const removeAt = (holder: Fields, [step, ...rest]: string[]): void => {
	const name = step!.slice(2);
	const value = holder[name];
	if (!rest.length) delete holder[name];
	else if (Array.isArray(value)) {
		const at = value.findIndex((item) => itemKey(name, item) === rest[0]);
		if (at < 0) return;
		if (rest.length === 1 || rest[1] === ".") value.splice(at, 1);
		else removeAt(value[at] as Fields, rest.slice(1));
		if (!value.length) delete holder[name];
	} else if (isFields(value)) {
		removeAt(value, rest);
		if (!Object.keys(value).length) delete holder[name];
	}
};
