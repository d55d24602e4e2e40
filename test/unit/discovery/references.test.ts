// Who takes which secret, told by manifests of every kind.

import { expect, test } from "@jest/globals";
import { seenIn } from "../../../src/lib/discovery/references.ts";

const meta = (name: string, more: object = {}) => ({ metadata: { name, namespace: "titanic-api", ...more } });
const container = { name: "app", image: "app" };
const ofClass = {
	containers: [{ ...container, volumeMounts: [{ name: "kv", mountPath: "/kv" }] }],
	volumes: [
		{ name: "kv", csi: { driver: "secrets-store.csi.k8s.io", volumeAttributes: { secretProviderClass: "kv" } } },
	],
};
const providerClass = {
	...meta("kv"),
	spec: {
		provider: "azure",
		parameters: {
			keyvaultName: "titanic-kv",
			objects: "array:\n  - |\n    objectName: db-password\n    objectType: secret\n",
		},
		secretObjects: [{ secretName: "synced", type: "Opaque", data: [{ objectName: "db-password", key: "password" }] }],
	},
};
const takes = (secret: string) => ({ containers: [{ ...container, envFrom: [{ secretRef: { name: secret } }] }] });
const template = (spec: object, labels = {}) => ({ spec: { template: { metadata: { labels }, spec } } });
const texts = (objects: Parameters<typeof seenIn>[0]) =>
	seenIn(objects).references.map(
		({ kind, name, vaultName, secret, confidence, delivery }) =>
			`${kind} ${name}: ${secret} of ${vaultName}, ${confidence}, ${delivery?.path ?? "no path"}`,
	);

test.each(["Deployment", "StatefulSet", "DaemonSet", "Rollout", "Job"] as const)(
	"a %s that mounts the class is a consumer, scaled to zero too",
	(kind) => {
		const workload = { ...meta("api"), spec: { replicas: 0, ...template(ofClass).spec } };
		const objects = { SecretProviderClass: [providerClass], [kind]: [workload] };
		expect(texts(objects)).toEqual([`${kind} api: db-password of titanic-kv, certain, csi-driver`]);
	},
);

test("a CronJob is one, suspended too, and its Jobs are not others", () => {
	const cronJob = { ...meta("nightly"), spec: { suspend: true, jobTemplate: template(ofClass) } };
	const job = {
		...meta("nightly-1", { ownerReferences: [{ kind: "CronJob", name: "nightly" }] }),
		...template(ofClass),
	};
	expect(texts({ SecretProviderClass: [providerClass], CronJob: [cronJob], Job: [job] })).toEqual([
		"CronJob nightly: db-password of titanic-kv, certain, csi-driver",
	]);
});

test("who takes the synced Secret without mounting the class is likely one, and is not proposed a path", () => {
	expect(
		texts({ SecretProviderClass: [providerClass], Deployment: [{ ...meta("other"), ...template(takes("synced")) }] }),
	).toEqual(["Deployment other: db-password of titanic-kv, likely, no path"]);
});

const store = { ...meta("kv"), spec: { provider: { azurekv: { vaultUrl: "https://titanic-kv.vault.azure.net" } } } };
const externalSecret = (spec: object) => ({
	...meta("es"),
	spec: { secretStoreRef: { name: "kv" }, target: { name: "copy" }, ...spec },
});
const data = { data: [{ secretKey: "password", remoteRef: { key: "secret/db-password" } }] };

test.each([
	["envFrom", takes("copy")],
	[
		"a variable",
		{
			containers: [
				{ ...container, env: [{ name: "P", valueFrom: { secretKeyRef: { name: "copy", key: "password" } } }] },
			],
		},
	],
	["an init container", { initContainers: [takes("copy").containers[0]!], containers: [container] }],
	["imagePullSecrets", { containers: [container], imagePullSecrets: [{ name: "copy" }] }],
	[
		"a projected volume",
		{
			containers: [{ ...container, volumeMounts: [{ name: "all", mountPath: "/all" }] }],
			volumes: [{ name: "all", projected: { sources: [{ secret: { name: "copy" } }] } }],
		},
	],
])("what an ExternalSecret brings is followed to %s", (_, spec) => {
	const objects = {
		SecretStore: [store],
		ExternalSecret: [externalSecret(data)],
		Deployment: [{ ...meta("api"), ...template(spec) }],
	};
	expect(texts(objects)).toEqual(["Deployment api: db-password of titanic-kv, certain, external-secrets"]);
});

test("dataFrom.extract, and a ClusterSecretStore", () => {
	const spec = {
		secretStoreRef: { kind: "ClusterSecretStore", name: "all" },
		dataFrom: [{ extract: { key: "db-password" } }],
	};
	const objects = {
		ClusterSecretStore: [{ ...store, metadata: { name: "all" } }],
		ExternalSecret: [externalSecret(spec)],
		Deployment: [{ ...meta("api"), ...template(takes("copy")) }],
	};
	expect(texts(objects)).toEqual(["Deployment api: db-password of titanic-kv, certain, external-secrets"]);
});

test("what writes, what a pattern brings, and who may read a vault itself, are notes", () => {
	const push = {
		...meta("push"),
		spec: { secretStoreRefs: [{ name: "kv" }], data: [{ match: { remoteRef: { remoteKey: "db-password" } } }] },
	};
	const account = {
		...meta("reader", { annotations: { "azure.workload.identity/client-id": "0f5d9a1c-7b3e-4a1e-9d0b-5f0e7a526f0b" } }),
	};
	const spec = { ...takes("none"), serviceAccountName: "reader" };
	const { notes } = seenIn({
		SecretStore: [store],
		PushSecret: [push],
		ExternalSecret: [externalSecret({ dataFrom: [{ find: { name: { regexp: ".*" } } }] })],
		ClusterExternalSecret: [{ metadata: { name: "spread" }, spec: { externalSecretSpec: {} } }],
		ServiceAccount: [account],
		Deployment: [{ ...meta("api"), ...template(spec, { "azure.workload.identity/use": "true" }) }],
	});
	expect(notes).toEqual([
		"PushSecret titanic-api/push writes db-password to titanic-kv: what is rotated, it writes over.",
		expect.stringContaining("ExternalSecret titanic-api/es brings whatever a pattern finds"),
		expect.stringContaining("ClusterExternalSecret spread"),
		expect.stringContaining("Deployment titanic-api/api may read a vault itself, as client 0f5d9a1c"),
	]);
});

test("objects that are not of the form are passed over, and end nothing", () => {
	const odd = [null, 3, {}, { metadata: {} }, { metadata: { name: "x" }, spec: null }];
	expect(() =>
		seenIn({
			SecretProviderClass: odd,
			ExternalSecret: odd,
			SecretStore: odd,
			PushSecret: odd,
			Deployment: odd,
			CronJob: odd,
			ServiceAccount: odd,
		}),
	).not.toThrow();
});

test("a class keeps its own objects where one before it is not of the form", () => {
	const objects = {
		SecretProviderClass: [null, providerClass],
		Deployment: [{ ...meta("api"), ...template(ofClass) }],
	};
	expect(texts(objects)).toEqual(["Deployment api: db-password of titanic-kv, certain, csi-driver"]);
});
