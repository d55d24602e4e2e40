// The example's manifests, applied: to the API stand-in always, to a real control plane where KUBEBUILDER_ASSETS names one.
// Server-side apply refuses a field that a kind does not have; what was accepted is read back, so nothing was dropped either.

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build } from "../../../local/kustomize/index.ts";
import {
	type Api,
	apiOf,
	at,
	type Cluster,
	isFields,
	type Manifest,
	startCluster,
} from "../../../packages/kubernetes-api/index.ts";
import { combinations, example, kinds, lost } from "./titanic-api.ts";

const assets = process.env.KUBEBUILDER_ASSETS ?? "";
const clusters: [string, string][] = [["the API stand-in", ""]];
if (assets) clusters.push(["the real control plane", assets]);
else console.info("KUBEBUILDER_ASSETS is not set: the manifests are not applied to a real control plane.");

const { all, dispose } = combinations();
afterAll(dispose);
const fluxObjects = { title: "Flux's own objects", folder: join(example, "variants/flux-sops/cluster") };

/** By kind: what the path of its objects is called. A kind without an entry fails the tests. */
const plurals: Record<string, string> = {
	CronJob: "cronjobs",
	DaemonSet: "daemonsets",
	Deployment: "deployments",
	ExternalSecret: "externalsecrets",
	GitRepository: "gitrepositories",
	Kustomization: "kustomizations",
	Namespace: "namespaces",
	NetworkPolicy: "networkpolicies",
	PodDisruptionBudget: "poddisruptionbudgets",
	Role: "roles",
	Rollout: "rollouts",
	RoleBinding: "rolebindings",
	Secret: "secrets",
	SecretProviderClass: "secretproviderclasses",
	SecretStore: "secretstores",
	Service: "services",
	ServiceAccount: "serviceaccounts",
	StatefulSet: "statefulsets",
};

describe.each(clusters)("on %s", (_, assets) => {
	let cluster: Cluster;
	let api: Api;
	beforeAll(async () => {
		cluster = await startCluster({ assets });
		api = apiOf(cluster.kubeConfig(), "examples-test");
		await cluster.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-system" } }]);
		const { preferredVersion } = await api.get<{ preferredVersion: { groupVersion: string } }>("/apis/policy");
		isOlder = preferredVersion.groupVersion !== "policy/v1";
		if (isOlder) console.info(`This control plane is older than Kubernetes 1.21: ${Object.values(older)} are applied.`);
	}, 60_000);
	afterAll(async () => {
		api?.[Symbol.dispose]();
		await cluster?.[Symbol.asyncDispose]();
	});

	let isOlder = false;
	/** Where the same fields were before. */
	const older: Record<string, string> = { CronJob: "batch/v1beta1", PodDisruptionBudget: "policy/v1beta1" };
	const served = ({ apiVersion, kind }: Manifest) => (isOlder && older[kind]) || apiVersion;
	const pathOf = (object: Manifest) => {
		const { name, namespace } = object.metadata;
		return at(served(object), plurals[object.kind]!, namespace, name);
	};

	test.each([...all, ...kinds, fluxObjects])("all of it is accepted and kept: $title", async ({ folder }) => {
		const objects = (await build(folder)).map(decrypted);
		await cluster.apply(objects);
		for (const object of objects) {
			const sent = { ...asKept(object), apiVersion: served(object) };
			expect([object.kind, ...lost(sent, await api.get(pathOf(object)))]).toEqual([object.kind]);
		}
		// The next one begins anew: server-side apply cannot make one variant's Deployment into another's (see the README).
		for (const object of objects) if (object.kind !== "Namespace") await api.remove(pathOf(object));
	});

	test("a field that a kind does not have is refused in every kind, wherever it is", async () => {
		const objects = (await Promise.all([...all, ...kinds, fluxObjects].map(({ folder }) => build(folder))))
			.flat()
			.map(decrypted);
		const byKind = new Map(objects.map((object) => [object.kind, object]));
		expect([...byKind.keys()].sort()).toEqual(Object.keys(plurals).sort());
		for (const object of byKind.values())
			for (const [place, misspelt] of misspellings(object))
				await expect(cluster.apply([misspelt]).then(() => `${object.kind}${place} was accepted`)).rejects.toThrow(
					`${place}.titanic: field not declared in schema`,
				);
	}, 60_000);

	test("an encrypted Secret that Flux has not decrypted is refused", async () => {
		const { folder } = all.find(({ variant }) => variant === "flux-sops")!;
		const secret = (await build(folder)).find(({ kind }) => kind === "Secret");
		await expect(cluster.apply([secret!])).rejects.toThrow(".sops: field not declared in schema");
	});
});

/** As Flux does before it applies. Nobody has the key of the sample's values, so others are taken. */
const decrypted = ({ sops, ...object }: Manifest): Manifest => {
	if (!sops) return object as Manifest;
	const data = Object.keys(object.data as object).map((key) => [key, Buffer.from("decrypted").toString("base64")]);
	return { ...object, data: Object.fromEntries(data) } as Manifest;
};

/** Kustomize writes base64 in lines, and a server keeps the bytes. */
function asKept(object: Manifest): Manifest {
	if (object.kind !== "Secret" || !object.data) return object;
	const data = Object.entries(object.data as Record<string, string>);
	const kept = data.map(([key, value]) => [key, Buffer.from(value, "base64").toString("base64")]);
	return { ...object, data: Object.fromEntries(kept) } as Manifest;
}

/** The object with one field too many: at the top, and in each object below it that its kind describes. */
function misspellings(object: Manifest): [place: string, object: Manifest][] {
	const free = ["labels", "matchLabels", "annotations", "parameters", "data", "selector", "limits", "requests"];
	// The CRD here leaves a Rollout's template open; it is the Deployment's, which is looked through.
	const open = ["volumeAttributes", ...(object.kind === "Rollout" ? ["template"] : [])];
	const found: [string, Manifest][] = [];
	const walk = (value: unknown, place: string, rebuilt: (part: unknown) => unknown) => {
		if (!isFields(value)) return;
		found.push([place, rebuilt({ ...value, titanic: "iceberg" }) as Manifest]);
		for (const [name, field] of Object.entries(value))
			if (![...free, ...open].includes(name))
				walk(field, `${place}.${name}`, (part) => rebuilt({ ...value, [name]: part }));
	};
	walk(object, "", (part) => part);
	return found;
}
