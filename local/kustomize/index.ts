// Builds the example's Kustomize folders, with the few features that they use; docs/adr/0010 says why not the real one.
// K1. What this file does not know, it refuses: a field, a folder outside, a patch or replacement that meets nothing.
//     Otherwise: the local stack runs on other manifests than `kubectl apply -k` brings to a cluster.
//     Kept by: manifests.test.ts, which compares with the real kustomize where there is one; kustomize.test.ts.

import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import { isFields, jsonPatch, type Manifest, strategicPatch } from "../../packages/kubernetes-api/index.ts";
import { generated, named, type SecretGenerator } from "./generators.ts";
import { type Replacement, replaced, type Selector } from "./replacements.ts";

interface Patch {
	path: string;
	/** Of a JSON patch. A strategic one names its target itself. */
	target?: Selector;
	/** Without it the real one keeps the kind, whatever the patch says. */
	options?: { allowKindChange: true };
}

interface Kustomization {
	apiVersion: string;
	kind: "Kustomization" | "Component";
	resources?: string[];
	components?: string[];
	secretGenerator?: SecretGenerator[];
	patches?: Patch[];
	images?: { name: string; newName: string; newTag: string }[];
	replicas?: { name: string; count: number }[];
	replacements?: Replacement[];
}

const known = {
	kustomization: [
		...["apiVersion", "kind", "resources", "components", "secretGenerator"],
		...["patches", "images", "replicas", "replacements"],
	],
	secretGenerator: ["name", "namespace", "envs", "files", "options"],
	generatorOptions: ["disableNameSuffixHash"],
	patches: ["path", "target", "options"],
	options: ["allowKindChange"],
	images: ["name", "newName", "newTag"],
	replicas: ["name", "count"],
};
/** What has pods, which mount what must be there before them. */
const workloads = ["Deployment", "StatefulSet", "DaemonSet", "Rollout", "CronJob"];
const versions = { Kustomization: "v1beta1", Component: "v1alpha1" };

/**
 * @param instead replaces components of this folder by others, as a person would by editing it before deploying
 * @returns the objects to apply: Namespaces first, workloads last, the others as they are listed
 * @throws Error that names the file and what in it is not known or meets nothing
 */
export async function build(folder: string, instead: Readonly<Record<string, string>> = {}): Promise<Manifest[]> {
	const place = ({ kind }: Manifest) => (kind === "Namespace" ? 0 : workloads.includes(kind) ? 2 : 1);
	const all = await accumulate(resolve(folder), [], "Kustomization", instead);
	const applied = named(all).filter(
		({ metadata }) => metadata.annotations?.["config.kubernetes.io/local-config"] !== "true",
	);
	return applied.sort((one, other) => place(one) - place(other));
}

/** As kustomize does: what is listed, then the components on all of it, then what this folder itself changes. */
async function accumulate(
	folder: string,
	before: Manifest[],
	wanted: Kustomization["kind"],
	instead: Readonly<Record<string, string>> = {},
): Promise<Manifest[]> {
	const file = join(folder, "kustomization.yaml");
	const [given] = (await documents(file)) as unknown as Kustomization[];
	check(file, "kustomization", given);
	const { kind, apiVersion } = given!;
	if (kind !== wanted || apiVersion !== `kustomize.config.k8s.io/${versions[wanted]}`)
		throw new Error(`${file} is a ${kind} in ${apiVersion}; here a ${wanted} in ${versions[wanted]} is wanted.`);
	let objects = before;
	for (const entry of given!.resources ?? []) {
		const more = entry.endsWith(".yaml")
			? await documents(inside(folder, entry))
			: await accumulate(join(folder, entry), [], "Kustomization");
		objects = [...objects, ...more];
	}
	for (const generator of given!.secretGenerator ?? []) {
		check(file, "secretGenerator", generator);
		if (generator.options) check(file, "generatorOptions", generator.options);
		objects = [...objects, await generated(generator, (entry) => bytesOf(inside(folder, entry)))];
	}
	const ids = objects.map(idOf);
	const twice = ids.find((id, at) => ids.indexOf(id) !== at);
	if (twice) throw new Error(`${file} brings ${twice} twice.`);
	const unmet = Object.keys(instead).find((entry) => !given!.components?.includes(entry));
	if (unmet) throw new Error(`${file} has no component ${unmet}.`);
	for (const entry of given!.components ?? [])
		objects = await accumulate(join(folder, instead[entry] ?? entry), objects, "Component");
	for (const patch of given!.patches ?? []) objects = await patched(file, objects, patch);
	for (const replica of given!.replicas ?? []) {
		check(file, "replicas", replica);
		objects = changed(file, objects, { kind: "Deployment", name: replica.name }, (object) =>
			strategicPatch(object, { spec: { replicas: replica.count } }),
		);
	}
	for (const image of given!.images ?? []) objects = withImage(file, objects, image);
	for (const replacement of given!.replacements ?? []) objects = replaced(file, objects, replacement);
	return objects;
}

const idOf = ({ apiVersion, kind, metadata }: Manifest) =>
	`${apiVersion} ${kind} ${metadata.namespace ?? "-"}/${metadata.name}`;

const bytesOf = (file: string): Promise<Buffer> =>
	readFile(file).catch((error: NodeJS.ErrnoException) => {
		throw new Error(`${file} cannot be read (${error.code}).`);
	});

async function documents(file: string): Promise<Manifest[]> {
	return parseAllDocuments((await bytesOf(file)).toString()).map((document) => {
		const [mistake] = document.errors;
		if (mistake) throw new Error(`${file} is not valid YAML: ${mistake.message}`);
		return document.toJS();
	});
}

/** The real one reads no file from outside the folder of the kustomization either. */
function inside(folder: string, entry: string): string {
	const file = resolve(folder, entry);
	if (dirname(file) !== folder) throw new Error(`${join(folder, "kustomization.yaml")} names ${entry}, outside of it.`);
	return file;
}

function check(file: string, what: keyof typeof known, given: object | undefined): void {
	const unknown = Object.keys(given ?? {}).find((name) => !known[what].includes(name));
	if (!given || unknown) throw new Error(`${file}: ${what} with ${unknown ?? "nothing"} is not known here.`);
}

async function patched(file: string, objects: Manifest[], patch: Patch): Promise<Manifest[]> {
	check(file, "patches", patch);
	const [body] = (await documents(inside(dirname(file), patch.path))) as unknown[];
	if (Array.isArray(body) !== (patch.target !== undefined))
		throw new Error(`${file}: ${patch.path} must be a list with a target, or an object without one.`);
	if (patch.options) check(file, "options", patch.options);
	if (patch.target)
		return changed(file, objects, patch.target, (object) => {
			const done = jsonPatch(object, body) as Manifest;
			if (done.kind === object.kind || patch.options?.allowKindChange) return done;
			throw new Error(`${file}: ${patch.path} makes a ${done.kind} of a ${object.kind}, and has no allowKindChange.`);
		});
	const { kind, metadata } = body as Manifest;
	return changed(file, objects, { kind, name: metadata.name }, (object) => strategicPatch(object, body as Manifest));
}

/** Changes the one object that the selector names. */
function changed(
	file: string,
	objects: Manifest[],
	{ kind, name }: Selector,
	change: (object: Manifest) => object,
): Manifest[] {
	const at = objects.findIndex((object) => object.kind === kind && object.metadata.name === name);
	if (at < 0) throw new Error(`${file} changes ${kind} ${name}, which is not there.`);
	return objects.with(at, change(objects[at]!) as Manifest);
}

function withImage(file: string, objects: Manifest[], image: NonNullable<Kustomization["images"]>[number]): Manifest[] {
	check(file, "images", image);
	let met = false;
	const walk = (value: unknown): unknown => {
		if (Array.isArray(value)) return value.map(walk);
		if (!isFields(value)) return value;
		return Object.fromEntries(
			Object.entries(value).map(([name, field]) => {
				if (name !== "image" || field !== image.name) return [name, walk(field)];
				met = true;
				return [name, `${image.newName}:${image.newTag}`];
			}),
		);
	};
	const changedOnes = objects.map((object) => (object.kind === "Deployment" ? walk(object) : object) as Manifest);
	if (!met) throw new Error(`${file} changes the image ${image.name}, which nothing has.`);
	return changedOnes;
}
