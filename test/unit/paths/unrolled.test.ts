// Pods that are not replaced: what is refused, and what is said of those that go on.

import { describe, expect, test } from "@jest/globals";
import type { V1Container, V1PodSpec, V1Volume } from "@kubernetes/client-node";
import { Password } from "../../../src/lib/domain/password.ts";
import { sourcesOf } from "../../../src/lib/kinds/sources.ts";
import { neverRenewed, provedBySecrets } from "../../../src/lib/paths/unrolled.ts";
import type { CopyWindow, SeenSession } from "../../../src/lib/ports/delivery-path.ts";

const ref = { cluster: "aks", namespace: "titanic", kind: "Deployment", name: "api", roll: "none" } as const;
const copies = [{ secret: "copy", key: "pw" }];
const classes = [{ providerClass: "kv", files: ["pw"] }];

const secretVolume: V1Volume = { name: "copy", secret: { secretName: "copy" } };
const csiVolume: V1Volume = {
	name: "kv",
	csi: { driver: "secrets-store.csi.k8s.io", volumeAttributes: { secretProviderClass: "kv" } },
};
const mount = (name: string, more: object = {}) => ({ name, mountPath: `/mnt/${name}`, ...more });
const api = (change: Partial<V1Container>): V1Container => ({ name: "api", ...change });

const refusal = (spec: Partial<V1PodSpec>, of: Parameters<typeof neverRenewed>[0] = ref) =>
	neverRenewed(of, sourcesOf({ spec: { containers: [], ...spec } }), copies, classes);

const variable = (secret: string, key: string) => [{ name: "PW", valueFrom: { secretKeyRef: { name: secret, key } } }];

const keeps: Record<string, [Partial<V1PodSpec>, string]> = {
	"a variable": [{ containers: [api({ env: variable("copy", "pw") })] }, "variable PW of container api"],
	"a variable of an init container": [
		{ initContainers: [api({ name: "migrate", env: variable("copy", "pw") })] },
		"variable PW of container migrate",
	],
	"all keys as variables": [
		{ containers: [api({ envFrom: [{ secretRef: { name: "copy" } }] })] },
		"envFrom of container api",
	],
	"a Secret's file by subPath": [
		{ volumes: [secretVolume], containers: [api({ volumeMounts: [mount("copy", { subPath: "pw" })] })] },
		"volume copy, which container api mounts by subPath",
	],
	"a Secret's file by subPath, beside a whole mount": [
		{
			volumes: [secretVolume],
			containers: [
				api({ volumeMounts: [mount("copy")] }),
				api({ name: "old", volumeMounts: [mount("copy", { subPath: "pw" })] }),
			],
		},
		"volume copy, which container old mounts by subPath",
	],
	"an item's file by subPath": [
		{
			volumes: [{ name: "copy", secret: { secretName: "copy", items: [{ key: "pw", path: "db/password" }] } }],
			containers: [api({ volumeMounts: [mount("copy", { subPath: "db" })] })],
		},
		"volume copy, which container api mounts by subPath",
	],
	"the driver's file by subPath": [
		{ volumes: [csiVolume], containers: [api({ volumeMounts: [mount("kv", { subPath: "pw" })] })] },
		"volume kv, which container api mounts by subPath",
	],
	"files by an expression that names nobody knows which": [
		{ volumes: [csiVolume], containers: [api({ volumeMounts: [mount("kv", { subPathExpr: "$(POD)" })] })] },
		"volume kv, which container api mounts by subPath",
	],
	"a volume that an init container copies from": [
		{
			volumes: [csiVolume],
			containers: [api({})],
			initContainers: [api({ name: "copy", volumeMounts: [mount("kv")] })],
		},
		"volume kv, which only init containers mount",
	],
};

describe("with roll: none", () => {
	test.each(Object.entries(keeps))("%s is refused, and its place is told", (_, [spec, place]) => {
		expect(refusal(spec)).toMatchObject({
			code: "never-renewed",
			names: { workload: "Deployment titanic/api", place },
		});
		// A workload that is restarted takes it anew.
		expect(refusal(spec, { ...ref, roll: undefined })).toBeUndefined();
	});

	const allowed: Record<string, Partial<V1PodSpec>> = {
		"whole volumes": {
			volumes: [secretVolume, csiVolume],
			containers: [api({ volumeMounts: [mount("copy"), mount("kv")] })],
		},
		"a volume that a sidecar and an init container mount": {
			volumes: [csiVolume],
			initContainers: [
				api({ name: "migrate", volumeMounts: [mount("kv")] }),
				api({ name: "proxy", restartPolicy: "Always", volumeMounts: [mount("kv")] }),
			],
		},
		"variables and files of something else": {
			volumes: [secretVolume, csiVolume],
			containers: [
				api({
					env: [...variable("copy", "other"), ...variable("tls", "pw")],
					volumeMounts: [
						mount("copy", { subPath: "other" }),
						mount("kv", { subPath: "tls.crt" }),
						mount("copy"),
						mount("kv"),
					],
				}),
			],
		},
	};
	test.each(Object.entries(allowed))("%s are not", (_, spec) => {
		expect(refusal(spec)).toBeUndefined();
	});
});

describe("a pod that goes on, with the file of a Secret", () => {
	const since = "2026-11-29T12:00:00.000Z";
	const at = (seconds: number) => new Date(Date.parse(since) + seconds * 1000);
	const pod = { name: "api-1", uid: "u1", ready: true, startedAt: "2026-11-29T10:00:00.000Z" };
	const published = [{ vault: "main", secret: "pw", version: "v2", value: new Password("value") }];
	const proof = async (
		seconds: number,
		change: { windows?: CopyWindow[]; startedAt?: string; sessions?: SeenSession[]; stale?: string } = {},
	) => {
		const { windows = [{ since }], startedAt = pod.startedAt, sessions, stale } = change;
		const copy = stale ? ({ state: "stale", waitingFor: stale } as const) : ({ state: "current" } as const);
		const [found] = await provedBySecrets(ref, copy, copies, {
			...{ pods: [{ ...pod, startedAt }], published, windows, now: at(seconds) },
			...(sessions && { sessions: async () => sessions }),
		});
		return found;
	};

	test("proves nothing until kubelet has renewed it for sure, and then says that it is the time that proves", async () => {
		expect(await proof(89)).toEqual({
			...{ pod: "api-1", ready: true, proved: false },
			detail: "it may have the value from before for 90 s after the copy became new, until 2026-11-29T12:01:30.000Z",
		});
		expect(await proof(90)).toEqual({
			...{ pod: "api-1", ready: true, proved: true, version: "v2" },
			...{ provedBy: "interval", intervalSeconds: 90 },
		});
	});

	test("is not proved by a time that has passed where the Secret is old again", async () => {
		expect(await proof(900, { stale: "Secret titanic/copy" })).toMatchObject({
			proved: false,
			detail: "Secret titanic/copy",
		});
	});

	test("is not proved by a time in which an earlier delivery saw the Secret new", async () => {
		const windows = [{ since: "2026-11-29T09:00:00.000Z", until: "2026-11-29T09:30:00.000Z" }, { since }];
		expect(await proof(10, { windows })).toMatchObject({ proved: false });
	});

	test("proves at once where it has started since", async () => {
		const found = await proof(10, { startedAt: at(5).toISOString() });
		expect(found).toEqual({ pod: "api-1", ready: true, proved: true, version: "v2" });
	});

	test("is told as used once a session of its own has begun since, and by no other one", async () => {
		const session = (application: string, seconds: number) => ({ application, since: at(seconds).toISOString() });
		expect(await proof(90, { sessions: [session("api-1", 60)] })).toEqual({
			...{ pod: "api-1", ready: true, proved: true, version: "v2", provedBy: "session" },
		});
		for (const seen of [session("api-1", -60), session("api-2", 60), { application: "api-1" }])
			expect(await proof(90, { sessions: [seen] })).toMatchObject({ provedBy: "interval" });
	});
});
