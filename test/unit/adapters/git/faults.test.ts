import { expect, test } from "@jest/globals";
import type { Answer } from "../../../../src/lib/adapters/git/exchange.ts";
import { asFault } from "../../../../src/lib/adapters/git/faults.ts";

const asked = { repository: "gitops", credential: "the app's identity", right: "push to" };
const of = (status: number, headers: Answer["headers"] = {}) =>
	asFault({ status, headers, bytes: Buffer.from("my token") } satisfies Answer, asked);

test.each([
	[301, {}, "repository-moved", false],
	[308, {}, "repository-moved", false],
	[302, {}, "repository-unauthorized", false],
	[403, {}, "repository-forbidden", false],
	[403, { "retry-after": "60" }, "repository-failed", true],
	[403, { "x-ratelimit-remaining": "0" }, "repository-failed", true],
	[403, { "x-ratelimit-remaining": "12" }, "repository-forbidden", false],
	[429, {}, "repository-failed", true],
])("HTTP %d with %j is %s", (status, headers, code, transient) => {
	const fault = of(status, headers);
	expect(fault).toMatchObject({ code, transient });
	expect(String(fault)).not.toContain("token");
});
