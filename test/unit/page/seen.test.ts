import { expect, test } from "@jest/globals";
import { ApiProblem, type Client } from "../../../src/api/client.ts";
import { asSeen, exact, seen } from "../../../src/page/seen.ts";

const answering = (answer: object) => seen((async () => answer) as unknown as Client);

test("a text that turns or hides what stands beside it is shown with escapes, wherever it is in an answer", async () => {
	const pods = [{ pod: "web-\u202e1", proof: { detail: "a\u200bb" } }];
	const { body } = await answering({ status: 200, body: { pods } })("showRotation", { id: "a" });
	expect(body).toEqual({ pods: [{ pod: "web-\\u202e1", proof: { detail: "a\\u200bb" } }] });
});

test("names of fields are escaped too, and values that are not text do not change", () => {
	const odd = { "a\u2066": [1, null, true, undefined], b: "plain" };
	expect(asSeen(odd)).toEqual({ "a\\u2066": [1, null, true, undefined], b: "plain" });
});

test("of a pile of accents no more is drawn than a script may have, and the rest is shown as escapes", () => {
	const tibetan = "\u0f66\u0f90\u0fb2\u0fb1\u0f74\u0f7e";
	expect(asSeen([tibetan, `e${"\u0301".repeat(8)}`])).toEqual([tibetan, `e${"\u0301".repeat(6)}\\u0301\\u0301`]);
});

test("what is saved stays as it came, evidence above all, since its signature is over each character", async () => {
	const answer = { status: 200, body: { statement: "a\u200bb" } };
	const saved = exact((async () => answer) as unknown as Client);
	expect(await saved("showEvidence", {})).toEqual(answer);
});

test.each([
	["to be shown", seen],
	["to be saved", exact],
] as const)("a refusal of what is asked for %s is shown by the same rule, and stays a refusal", async (_, of) => {
	const told = { status: 409, code: "rotation-running", detail: "a\u202eb", next: "c\u0007", retryAfter: 5 };
	const refused = of((async () => {
		throw new ApiProblem(told);
	}) as unknown as Client)("showRotation", { id: "a" });
	await expect(refused).rejects.toMatchObject({
		...{ name: "ApiProblem", status: 409, code: "rotation-running", retryAfter: 5 },
		...{ message: "a\\u202eb", next: "c\\u0007" },
	});
});
