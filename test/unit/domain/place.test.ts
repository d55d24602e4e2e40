import { expect, test } from "@jest/globals";
import { withPlace } from "../../../src/lib/domain/place.ts";

const now = new Date("2026-11-23T12:00:00Z");
const since = (iso: string) => new Date(iso).toISOString();
const at = (rotationId: string, time = "2026-11-23T11:30:00Z") => ({ rotationId, since: since(time) });
const taken = (held: Parameters<typeof withPlace>[0], most: number) =>
	withPlace(held, "mine", most, now)?.map(({ rotationId }) => rotationId);

test.each([
	["a place that is free is taken", [at("other")], 2, ["other", "mine"]],
	["where all are taken there is none", [at("other"), at("third")], 2, undefined],
	[
		"one that has a place keeps it, where more are taken than there are now",
		[at("other"), at("mine")],
		1,
		["other", "mine"],
	],
	["a place counts for an hour", [at("other", "2026-11-23T11:00:00Z")], 1, undefined],
	["and for no longer", [at("other", "2026-11-23T10:59:59Z")], 1, ["mine"]],
	["one that waits for nobody is counted", [at("other")], Number.POSITIVE_INFINITY, ["other", "mine"]],
])("%s", (_, held, most, expected) => {
	expect(taken(held, most)).toEqual(expected);
});
