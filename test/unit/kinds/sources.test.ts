import { expect, test } from "@jest/globals";
import type { V1Container, V1PodSpec } from "@kubernetes/client-node";
import { sourcesOf } from "../../../src/lib/kinds/sources.ts";

const mount = (name: string) => ({ volumeMounts: [{ name, mountPath: `/mnt/${name}` }] });
const container = (change: Partial<V1Container>): V1Container => ({ name: "api", ...change });
const of = (spec: Partial<V1PodSpec>) => sourcesOf({ spec: { containers: [], ...spec } });
const csi = (name: string, secretProviderClass: string, driver = "secrets-store.csi.k8s.io") => ({
	name,
	csi: { driver, volumeAttributes: { secretProviderClass } },
});

test("a class counts once some container mounts its volume, init containers and sidecars too", () => {
	const volumes = [csi("a", "one"), csi("b", "two"), csi("c", "unused"), csi("d", "foreign", "disk.csi.azure.com")];
	const containers = [container(mount("a")), container(mount("d"))];
	expect(of({ volumes, containers, initContainers: [container({ ...mount("b"), restartPolicy: "Always" })] })).toEqual({
		classes: ["one", "two"],
		renewed: ["one", "two"],
		secrets: [],
		kept: [],
		literals: [],
	});
});

test("a Secret counts by variable, by envFrom, by volume and by projected volume, with its place", () => {
	const env = [{ name: "PW", valueFrom: { secretKeyRef: { name: "one", key: "pw" } } }];
	const volumes = [
		{ name: "whole", secret: { secretName: "two" } },
		{ name: "part", secret: { secretName: "three", items: [{ key: "k", path: "p" }] } },
		{ name: "mixed", projected: { sources: [{ configMap: { name: "c" } }, { secret: { name: "four" } }] } },
		{ name: "unused", secret: { secretName: "five" } },
	];
	const volumeMounts = ["whole", "part", "mixed"].flatMap((name) => mount(name).volumeMounts);
	const { secrets } = of({
		volumes,
		containers: [container({ env, volumeMounts })],
		initContainers: [container({ name: "migrate", envFrom: [{ secretRef: { name: "six" } }] })],
	});
	expect(secrets).toEqual([
		{ secret: "six", place: "envFrom of container migrate" },
		{ secret: "one", key: "pw", place: "variable PW of container api" },
		{ secret: "two", place: "volume whole", isRenewed: true },
		{ secret: "three", key: "k", place: "volume part", isRenewed: true },
		{ secret: "four", place: "volume mixed", isRenewed: true },
	]);
});

test("a value that stands in the template counts with its place", () => {
	const env = [{ name: "PW", value: "iceberg" }, { name: "EMPTY", value: "" }, { name: "NONE" }];
	expect(of({ containers: [container({ env })] }).literals).toEqual([
		{ value: "iceberg", place: "variable PW of container api" },
	]);
});

test("a volume of which some container mounts the whole folder is renewed in a pod that runs, by subPath it is not", () => {
	const by = (name: string, sub: object) => ({ name, mountPath: `/mnt/${name}`, ...sub });
	const volumes = [
		csi("a", "one"),
		csi("b", "two"),
		csi("c", "three"),
		{ name: "d", secret: { secretName: "four" } },
		{ name: "e", secret: { secretName: "five" } },
	];
	const one = [
		by("a", { subPath: "pw" }),
		by("b", { subPathExpr: "$(PW)" }),
		by("c", { subPath: "pw" }),
		by("d", { subPath: "pw" }),
	];
	const containers = [container({ volumeMounts: one }), container({ volumeMounts: [by("c", {}), by("e", {})] })];
	const found = of({ volumes, containers });
	expect(found).toMatchObject({ classes: ["one", "two", "three"], renewed: ["three"] });
	expect(found.secrets).toEqual([
		{ secret: "four", place: "volume d" },
		{ secret: "five", place: "volume e", isRenewed: true },
	]);
});
