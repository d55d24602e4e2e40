// Places in namespaces: a limited number of rotations delivers to each at once.

import { inFile } from "../mutant.ts";

const places = ["test/unit/steps/places.test.ts"];

export const namespacePlaces = [
	...inFile(
		"src/lib/domain/place.ts",
		["test/unit/domain/place.test.ts"],
		[
			{ name: "a place counts for ever", find: "> longestMs", replace: "> Infinity" },
			{
				name: "a rotation that has a place waits for another one",
				find: "if (left.some((place) => place.rotationId === rotationId)) return left;",
				replace: "",
			},
			{ name: "one more than allowed has a place", find: "left.length < most", replace: "left.length <= most" },
		],
	),
	...inFile("src/lib/steps/places.ts", places, [
		{
			name: "one that is refused keeps its other places",
			find: "for (const other of taken) await leave(await ports.records(), other, rotationId);",
			replace: "",
		},
		{
			name: "a place that was not given back is taken for an hour",
			find: "ended.size > 0 && changed",
			replace: "false && changed",
		},
		{
			name: "a place is given back to nobody",
			find: "held.filter((place) => place.rotationId !== rotationId)",
			replace: "held",
		},
	]),
	...inFile("src/lib/steps/switch/section.ts", places, [
		{ name: "who is locked out waits for a place", find: '\t"namespace-queued",\n', replace: "" },
		{
			name: "a switch takes no place",
			find: "await inTurn(way, live, (outOfTurn) => placesFor(ports, target, input, outOfTurn));",
			replace: "void placesFor;",
		},
	]),
	...inFile(
		"src/lib/adapters/blob/change.ts",
		["test/contract/record-store.test.ts", "test/contract/append-races.test.ts"],
		[{ name: "of two changes at once one is lost", find: "{ etag: found?.etag }", replace: "undefined as never" }],
	),
];
