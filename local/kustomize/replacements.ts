// Kustomize's replacements: a value of one object is written into others.
// KR1. A replacement that finds no source, no target or no field is an error. Kustomize itself passes over a target that is
//     not there. Otherwise: an object goes to the cluster with the placeholder in it.

import { copy, isFields, type Manifest } from "../../packages/kubernetes-api/index.ts";

export interface Selector {
	kind: string;
	name: string;
}

/** Which part of a text, when it is cut at each delimiter. */
interface Part {
	delimiter: string;
	index: number;
}

export interface Replacement {
	source: Selector & { fieldPath: string; options?: Part };
	targets: { select: Selector; fieldPaths: string[]; options?: Part }[];
}

/** @returns the objects, those that are targets changed */
export function replaced(file: string, objects: Manifest[], replacement: Replacement): Manifest[] {
	only(file, replacement, ["source", "targets"]);
	const { source, targets } = replacement;
	only(file, source, ["kind", "name", "fieldPath", "options"]);
	const found = holderOf(file, one(file, objects, source), source.fieldPath);
	const whole = `${found.holder[found.name]}`;
	const value = source.options ? partOf(file, whole, source.options) : whole;
	const after = copy(objects);
	for (const target of targets) {
		only(file, target, ["select", "fieldPaths", "options"]);
		only(file, target.select, ["kind", "name"]);
		for (const path of target.fieldPaths) {
			const { holder, name } = holderOf(file, one(file, after, target.select), path);
			const present = `${holder[name]}`;
			if (target.options) partOf(file, present, target.options);
			holder[name] = target.options
				? present.split(target.options.delimiter).with(target.options.index, value).join(target.options.delimiter)
				: value;
		}
	}
	return after;
}

function one(file: string, objects: Manifest[], { kind, name }: Selector): Manifest {
	const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
	if (!found) throw new Error(`${file} has a replacement with ${kind} ${name}, which is not there.`);
	return found;
}

function partOf(file: string, text: string, options: Part): string {
	only(file, options, ["delimiter", "index"]);
	const part = text.split(options.delimiter)[options.index];
	if (part === undefined) throw new Error(`${file}: "${text}" has no part ${options.index}.`);
	return part;
}

function only(file: string, given: object, known: string[]): void {
	const unknown = Object.keys(given).find((name) => !known.includes(name));
	if (unknown) throw new Error(`${file}: a replacement with ${unknown} is not known here.`);
}

/** `a.0.b`, `a.[name=x].b`, and `a.[k.e/y]` for a key that has dots. */
function holderOf(file: string, object: Manifest, path: string): { holder: Record<string, unknown>; name: string } {
	const steps = [...path.matchAll(/\[([^\]]+)\]|([^.[\]]+)/g)].map(([, bracketed, plain]) => bracketed ?? plain!);
	const name = steps.pop()!;
	let holder: unknown = object;
	for (const step of steps) {
		const [, key, wanted] = /^(\w+)=(.+)$/.exec(step) ?? [];
		holder = Array.isArray(holder) && key ? holder.find((item) => item[key] === wanted) : (holder as never)?.[step];
	}
	if (!isFields(holder) || holder[name] === undefined)
		throw new Error(`${file} replaces ${path} of ${object.kind} ${object.metadata.name}, which has no such field.`);
	return { holder, name };
}
