import { expect, test } from "@jest/globals";
import { ApiProblem, ApiUnreachable } from "../../../src/api/client.ts";
import type { Rotation } from "../../../src/cli/rotator/answers.ts";
import { exitOf, exitOfError, SignInFailed } from "../../../src/cli/rotator/exits.ts";
import { exitAt, hasCome } from "../../../src/cli/rotator/watch/watch.ts";
import { completed, delivering, planned, refused, switching, undelivered, waiting } from "./support/rotations.ts";

const problem = (status: number, code = "some-code") => new ApiProblem({ status, code, detail: "", next: "" });

test.each<[string, Error, number | undefined]>([
	["no token", new SignInFailed("", ""), 4],
	["a token that is refused", problem(401), 4],
	["a role that is missing", problem(403), 4],
	["no answer", new ApiUnreachable(""), 5],
	["an app that is busy", problem(429), 5],
	["an app that cannot answer now", problem(503), 5],
	["a proxy's page", problem(404, "foreign-answer"), 5],
	["a parameter that is wrong", problem(400), 2],
	["a name that nobody knows", problem(404), 1],
	["an order that is refused", problem(409), 1],
	["a fault of the app's", problem(500), 1],
	["a defect", new TypeError(""), undefined],
])("%s", (_, error, code) => {
	expect(exitOfError(error)).toBe(code);
});

const outcomes: Record<NonNullable<Rotation["outcome"]>, number> = {
	...{ completed: 0, skipped: 0, planned: 0 },
	...{ refused: 1, cancelled: 1, compensated: 1, "published-not-delivered": 1, interrupted: 1 },
};
test.each(Object.entries(outcomes))("%s is %d", (outcome, code) => {
	expect(exitOf({ ...completed, outcome: outcome as keyof typeof outcomes })).toBe(code);
});

type Until = Parameters<typeof hasCome>[1];
test.each<[Until, string, Rotation, boolean, number]>([
	["approved", "waits", waiting, false, 3],
	["approved", "runs", switching, true, 0],
	["approved", "was refused", refused, true, 1],
	["published", "is not yet", switching, false, 3],
	["published", "is", delivering, true, 0],
	["published", "was, and not every pod has it", undelivered, true, 0],
	["published", "was refused before", refused, true, 1],
	["published", "was a dry run", planned, true, 0],
	["proved", "by one of two pods", delivering, false, 3],
	["proved", "by all", { ...completed, outcome: undefined }, true, 0],
	["proved", "by none in the end", undelivered, true, 1],
	["done", "by all, and not written down", { ...completed, outcome: undefined }, false, 3],
	["done", "is", completed, true, 0],
])("until %s: %s", (until, _, rotation, come, code) => {
	expect([hasCome(rotation, until), exitAt(rotation, until)]).toEqual([come, code]);
});
