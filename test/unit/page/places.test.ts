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
