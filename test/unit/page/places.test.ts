import { expect, test } from "@jest/globals";
import type { Rotation, Secret } from "../../../src/page/answers.ts";
import { placesOf } from "../../../src/page/places.ts";

const live = "a".repeat(32);
const secret = { vault: "main", name: "db", version: live, strategy: "single-user" } as unknown as Secret;
const delivery = (version: string, proved = true) =>
	({
		version,
		endedAt: "2026-11-30T06:00:00Z",
		consumers: [{ workload: "Deployment a/a", pods: [{ pod: "pod-1", ready: true, proved, version }] }],
	}) as unknown as Rotation;
const words = (places: ReturnType<typeof placesOf>) => places.map(({ place, state }) => [place, state.word]);

test("vault, database and pods that have the live version are told so, and as of when", () => {
	const places = placesOf(secret, delivery(live));
	expect(words(places)).toEqual([
		["Vault", "live"],
		["Database", "proved"],
		["pod-1", "proved"],
	]);
	expect(places.map(({ at }) => at)).toEqual([undefined, "2026-11-30T06:00:00Z", "2026-11-30T06:00:00Z"]);
});

test("what was proved of another version is not proved of the live one", () => {
	expect(words(placesOf(secret, delivery("b".repeat(32))))).toEqual([
		["Vault", "live"],
		["Database", "not the live one"],
		["pod-1", "not the live one"],
	]);
});

test("a pod that has it without having proved it is told so", () => {
	expect(words(placesOf(secret, delivery(live, false))).at(-1)).toEqual(["pod-1", "not proved"]);
});

test("a random value has no database, and where nothing ran only the vault is known", () => {
	const random = { ...secret, strategy: "random-value" } as Secret;
	expect(words(placesOf(random, delivery(live))).map(([place]) => place)).toEqual(["Vault", "pod-1"]);
	expect(words(placesOf(secret, undefined))).toEqual([["Vault", "live"]]);
});

const now = (pods: object[], problem?: object) =>
	({ ...secret, workloads: [{ workload: "Deployment a/a", pods, ...(problem && { problem }) }] }) as Secret;

test("pods are shown as they are now, whatever a run has proved before", () => {
	const pod = { ready: true, proved: false };
	const places = placesOf(
		now([
			{ ...pod, pod: "new", proved: true, version: live },
			{ ...pod, pod: "old", version: "b".repeat(32) },
			{ ...pod, pod: "as-good", version: "b".repeat(32), proved: true },
			{ ...pod, pod: "coming", isStarting: true },
			{ ...pod, pod: "silent" },
			{ ...pod, pod: "reads-itself", proved: true },
		]),
		delivery(live),
	);
	expect(words(places).slice(2)).toEqual([
		["new", "proved"],
		["old", "not the live one"],
		["as-good", "an older one with the live value"],
		["coming", "starting"],
		["silent", "unknown"],
		["reads-itself", "proved"],
	]);
	expect(places.slice(2).map(({ at }) => at)).toEqual(Array(6).fill(undefined));
});

test("a workload that cannot be asked says why", () => {
	const places = placesOf(
		now([], { code: "cluster-unreachable", message: "It cannot be reached.", next: "" }),
		undefined,
	);
	expect(places.at(-1)).toMatchObject({
		place: "Deployment a/a",
		state: { word: "unknown" },
		why: "It cannot be reached.",
	});
});
