// What of a vault's answers counts against its budget.

import { expect, test } from "@jest/globals";
import { counted } from "../../../../src/lib/adapters/key-vault/counted.ts";

type Send = ReturnType<typeof counted>["sendRequest"];
type Request = Parameters<Send>[0];
type Answer = Awaited<ReturnType<Send>>;

/** What one request does to the budget. */
async function seen(method: string, answer: { status: number; retryAfter?: string } | Error) {
	const told: string[] = [];
	const policy = counted({ spend: () => told.push("spend"), close: (ms) => told.push(`close ${ms}`) });
	const next = async (): Promise<Answer> => {
		if (answer instanceof Error) throw answer;
		const { status, retryAfter } = answer;
		return { status, headers: { get: (name: string) => (name === "retry-after" ? retryAfter : undefined) } } as Answer;
	};
	await policy.sendRequest({ method } as Request, next).catch(() => told.push("thrown"));
	return told;
}

test.each<[string, string, Parameters<typeof seen>[1], string[]]>([
	["a version that was made", "PUT", { status: 200 }, ["spend"]],
	["a write that was refused", "PUT", { status: 403 }, ["spend"]],
	["a write whose answer was lost", "PUT", new Error("lost"), ["spend", "thrown"]],
	["a write with a token that has ended", "PUT", { status: 401 }, []],
	["a read", "GET", { status: 200 }, []],
	["a read whose answer was lost", "GET", new Error("lost"), ["thrown"]],
	["a write that was throttled", "PUT", { status: 429, retryAfter: "7" }, ["close 7000"]],
	["a read that was throttled", "GET", { status: 429, retryAfter: "7" }, ["close 7000"]],
	["a 429 without a time", "PUT", { status: 429 }, ["close 1000"]],
	["a 429 with an absurd time", "PUT", { status: 429, retryAfter: "999999999" }, ["close 60000"]],
])("%s", async (_, method, answer, told) => {
	expect(await seen(method, answer)).toEqual(told);
});
