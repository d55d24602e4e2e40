// What local/kustomize builds is compared with the real kustomize in test/integration/examples. Here: what it refuses, because
// it would build it differently or not at all.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { build } from "../../../local/kustomize/index.ts";

const root = mkdtempSync(join(tmpdir(), "kustomize-"));
afterAll(() => rmSync(root, { recursive: true }));

const kustomization = (fields: object) => ({
	apiVersion: "kustomize.config.k8s.io/v1beta1",
	kind: "Kustomization",
	...fields,
});
const component = (fields: object) => ({
	apiVersion: "kustomize.config.k8s.io/v1alpha1",
	kind: "Component",
	...fields,
});
const settings = {
	apiVersion: "v1",
	kind: "ConfigMap",
	metadata: { name: "settings" },
	data: { vault: "kv.example.net" },
};
const workload = {
	apiVersion: "apps/v1",
	kind: "Deployment",
	metadata: { name: "titanic" },
	spec: { replicas: 2, template: { spec: { containers: [{ name: "web", image: "titanic" }] } } },
};
const replacement = (changes: { source?: object; target?: object }) => ({
	source: { kind: "ConfigMap", name: "settings", fieldPath: "data.vault", ...changes.source },
	targets: [
		{
			select: { kind: "Deployment", name: "titanic" },
			fieldPaths: ["spec.template.spec.containers.[name=web].image"],
			...changes.target,
		},
	],
});

/** Writes the files into a folder of their own. @returns the folder to build */
let count = 0;
const folder = (files: Record<string, unknown>): string => {
	const here = join(root, `${count++}`);
	for (const [name, content] of Object.entries({ "settings.yaml": settings, "workload.yaml": workload, ...files })) {
		mkdirSync(dirname(join(here, name)), { recursive: true });
		writeFileSync(join(here, name), typeof content === "string" ? content : stringify(content));
	}
	return here;
};
const resources = ["settings.yaml", "workload.yaml"];
const built = (fields: object, files: Record<string, unknown> = {}) =>
	build(folder({ "kustomization.yaml": kustomization({ resources, ...fields }), ...files }));

test("a component changes what was there before it, and what only the build needs is left out", async () => {
	const local = {
		...settings,
		metadata: { name: "settings", annotations: { "config.kubernetes.io/local-config": "true" } },
	};
	const [only, ...others] = await built(
		{ components: ["part"], replicas: [{ name: "titanic", count: 5 }] },
		{ "settings.yaml": local, "part/kustomization.yaml": component({ replacements: [replacement({})] }) },
	);
	expect(only).toMatchObject({
		kind: "Deployment",
		spec: { replicas: 5, template: { spec: { containers: [{ image: "kv.example.net" }] } } },
	});
	expect(others).toEqual([]);
});

test("another component is taken in place of one that is listed, and of nothing else", async () => {
	const files = {
		"kustomization.yaml": kustomization({ resources, components: ["part"] }),
		"part/kustomization.yaml": component({}),
		"other/kustomization.yaml": component({ patches: [{ path: "p.yaml" }] }),
		"other/p.yaml": { ...workload, spec: { replicas: 7 } },
	};
	const replicas = (objects: object[]) => objects.at(-1) as { spec: { replicas: number } };
	const here = folder(files);
	expect(replicas(await build(here)).spec.replicas).toBe(2);
	expect(replicas(await build(here, { part: "other" })).spec.replicas).toBe(7);
	await expect(build(here, { none: "other" })).rejects.toThrow("has no component none");
});

const refused: Record<string, [fields: object, files: Record<string, unknown>, says: RegExp]> = {
	"a feature that it does not have": [{ namePrefix: "x-" }, {}, /namePrefix is not known here/],
	"an option of a feature that it does not have": [
		{ patches: [{ path: "p.yaml", options: { allowNameChange: true } }] },
		{ "p.yaml": workload },
		/options with allowNameChange is not known here/,
	],
	"another kind by a patch that does not say so, where the real one keeps the kind": [
		{ patches: [{ path: "p.yaml", target: { kind: "Deployment", name: "titanic" } }] },
		{ "p.yaml": [{ op: "replace", path: "/kind", value: "StatefulSet" }] },
		/p\.yaml makes a StatefulSet of a Deployment, and has no allowKindChange/,
	],
	"a file that is not there": [{ resources: ["none.yaml"] }, {}, /none\.yaml cannot be read \(ENOENT\)/],
	"a file that is no YAML": [{ resources: ["bad.yaml"] }, { "bad.yaml": "a: [" }, /bad\.yaml is not valid YAML/],
	"a file outside its folder, as the real one does": [{ resources: ["../0/workload.yaml"] }, {}, /outside of it/],
	"one object twice": [{ resources: [...resources, "workload.yaml"] }, {}, /apps\/v1 Deployment -\/titanic twice/],
	"a folder for a component, and the other way round": [
		{ components: ["part"] },
		{ "part/kustomization.yaml": kustomization({}) },
		/is a Kustomization in .*; here a Component in v1alpha1 is wanted/,
	],
	"a patch of nothing": [
		{ patches: [{ path: "p.yaml" }] },
		{ "p.yaml": { ...workload, metadata: { name: "lusitania" } } },
		/changes Deployment lusitania, which is not there/,
	],
	"a list of operations without a target": [
		{ patches: [{ path: "p.yaml" }] },
		{ "p.yaml": [] },
		/a list with a target/,
	],
	"replicas of nothing": [{ replicas: [{ name: "x", count: 1 }] }, {}, /changes Deployment x, which is not there/],
	"an image that nothing has": [
		{ images: [{ name: "x", newName: "y", newTag: "1" }] },
		{},
		/changes the image x, which nothing has/,
	],
	"a replacement without its source": [
		{ replacements: [replacement({ source: { name: "x" } })] },
		{},
		/replacement with ConfigMap x, which is not there/,
	],
	"a replacement without its target, which the real one passes over": [
		{ replacements: [replacement({ target: { select: { kind: "Secret", name: "x" } } })] },
		{},
		/replacement with Secret x, which is not there/,
	],
	"a replacement of a field that is not there": [
		{ replacements: [replacement({ target: { fieldPaths: ["spec.paused"] } })] },
		{},
		/replaces spec\.paused of Deployment titanic, which has no such field/,
	],
	"a part that a text does not have": [
		{ replacements: [replacement({ source: { options: { delimiter: ".", index: 7 } } })] },
		{},
		/"kv\.example\.net" has no part 7/,
	],
	"a replacement with an option that it does not have": [
		{ replacements: [replacement({ target: { options: { create: true } } })] },
		{},
		/a replacement with create is not known here/,
	],
};

test.each(Object.entries(refused))("%s is refused", async (_, [fields, files, says]) => {
	await expect(built(fields, files)).rejects.toThrow(says);
});
