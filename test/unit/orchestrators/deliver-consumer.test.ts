import { describe, expect, test } from "@jest/globals";
import { Fault, problemOf } from "../../../src/lib/domain/fault.ts";
import type { DeliverRequest } from "../../../src/lib/domain/requests/index.ts";
import { deliver as deliverAgain } from "../../../src/lib/orchestrators/deliver.ts";
import { deliverConsumer } from "../../../src/lib/orchestrators/deliver-consumer.ts";
import type { DeliverConsumer } from "../../../src/lib/orchestrators/delivery.ts";
import type { Command } from "../../../src/lib/orchestrators/process.ts";
import type { Verified } from "../../../src/lib/steps/deliver.ts";
import { play } from "../../support/replayed.ts";
import { requestOf } from "../../support/requests.ts";

const forbidden = new Fault("cluster-forbidden", { cluster: "titanic-aks", right: "patch deployments" });
const titanicApi: DeliverConsumer["consumer"] = {
	cluster: "titanic-aks",
	namespace: "titanic-api",
	kind: "Deployment",
	name: "titanic-api",
	delivery: { path: "csi-driver", secretProviderClass: "titanic-kv-secrets" },
	copyTimeoutSeconds: 300,
	rolloutTimeoutSeconds: 900,
};
const pods = [{ pod: "titanic-api-1", ready: true, proved: false, detail: "a container started too early" }];

/**
 * A consumer whose copy is new and whose rollouts end; `proofs` are what its looks at the pods find, one after the other.
 * @param seconds how long the copy is old, from the beginning, and the rollout goes on, from the roll
 * @param refused this activity, so long from the first time that it was asked for
 * @param answer what activities answer otherwise
 */
async function deliver(
	mode: "straight" | "replayed",
	proofs: readonly Verified["next"][],
	seconds: { copy: number; rollout: number } = { copy: 0, rollout: 0 },
	refused: { activity?: string; seconds: number } = { seconds: 0 },
	answer: Record<string, (input: { mark: { rotationId: string } }) => unknown> = {},
) {
	const begun = Date.parse("2026-11-23T12:00:00Z");
	let time = begun;
	let rolledAt = begun;
	let looked = 0;
	let refusedFrom: number | undefined;
	const asked: Record<string, number> = {};
	const now = () => new Date(time);
	const isOver = (from: number, after: number) => time >= from + after * 1000;
	const answers: Record<string, () => unknown> = {
		note: () => ({ code: "noted" }),
		checkCopy: () =>
			isOver(begun, seconds.copy) ? { state: "current", at: now().toISOString() } : { state: "stale", detail: "old" },
		roll: () => {
			rolledAt = time;
			return { code: "rolled", copyNew: [] };
		},
		checkRollout: () =>
			isOver(rolledAt, seconds.rollout) ? { state: "done", pods: [] } : { state: "progressing", waitingFor: "pods" },
		verify: () => ({ next: proofs[Math.min(looked++, proofs.length - 1)], pods }),
	};
	const input: DeliverConsumer = {
		rotationId: "db-password.00000000-0000-4000-8000-000000000001",
		secret: "db-password",
		actor: { kind: "timer" },
		consumer: titanicApi,
		published: [{ secret: "db-password", version: "v2" }],
		wait: { phase: "start", since: now().toISOString(), round: 1 },
		steps: [],
	};
	const rounds: number[] = [];
	const perform = async (command: Exclude<Command, { ask: "children" }>) => {
		if (command.ask !== "activity") {
			time = Date.parse((command.ask === "first" ? command.of[0] : command).until);
			return undefined;
		}
		asked[command.name] = (asked[command.name] ?? 0) + 1;
		if (command.name === "roll") rounds.push((command.input as { mark: { round: number } }).mark.round);
		if (command.name === refused.activity) {
			refusedFrom ??= time;
			if (time < refusedFrom + refused.seconds * 1000) return { refused: problemOf(forbidden) };
		}
		const input = command.input as { mark: { rotationId: string } };
		return (answer[command.name] ?? answers[command.name])?.(input);
	};
	const { result, statuses } = await play(mode, deliverConsumer, input, perform, now);
	const told = statuses as readonly { retrying?: object }[];
	return {
		result,
		rounds,
		asked,
		told,
		seconds: { copy: (rolledAt - begun) / 1000, rollout: (time - rolledAt) / 1000 },
	};
}

describe.each(["straight", "replayed"] as const)("a delivery, %s", (mode) => {
	test("rolls pods once more that started before the copy was new", async () => {
		const { result, rounds } = await deliver(mode, ["roll", "done"]);
		expect(rounds).toEqual([1, 2]);
		expect(result.delivered).toBe(true);
	});

	test("rolls only after two looks in a row at a new copy: one that was written back in between counts for nothing", async () => {
		const seen = ["current", "stale", "current", "current"];
		let looks = 0;
		let looksBeforeRoll = 0;
		const { result } = await deliver(mode, ["done"], undefined, undefined, {
			checkCopy: () => ({ state: seen[looks++] ?? "current", at: "2026-11-23T12:00:00.000Z", detail: "old" }),
			roll: ({ mark }) => {
				looksBeforeRoll = looks;
				return { code: "rolled", mark, copyNew: [] };
			},
		});
		expect(result.delivered).toBe(true);
		expect(looksBeforeRoll).toBe(seen.length);
	});

	test("rolls three times at most, then names the pod that proves nothing", async () => {
		const { result, rounds } = await deliver(mode, ["roll"]);
		expect(rounds).toEqual([1, 2, 3]);
		expect(result).toMatchObject({ delivered: false, problem: { code: "pod-stale" } });
		expect(result.problem?.message).toContain("titanic-api-1");
		expect(result.problem?.message).toContain("a container started too early");
	});

	describe("that people have to let through", () => {
		const waitsFor = "people to merge pull request https://github.com/o/r/pull/7";
		const stale = (review: object) => ({ state: "stale", waitingFor: `Secret x; ${waitsFor}`, review });
		const problem = problemOf(new Fault("pull-request-closed", { request: "r", branch: "main", secret: "s" }));
		const looks = (...seen: readonly object[]) => {
			let look = 0;
			return () => ({ at: "2026-11-23T12:00:00.000Z", ...seen[Math.min(look++, seen.length - 1)] });
		};
		const refreshed: object[] = [];
		const refresh = (input: object) => {
			refreshed.push(input);
			return { code: "review-asked" };
		};

		test("tells whom it waits for, asks for what follows once when they have, and goes on", async () => {
			refreshed.length = 0;
			const waiting = stale({ is: "waiting", waitsFor });
			const merged = stale({ is: "merged" });
			const { result, told } = await deliver(mode, ["done"], undefined, undefined, {
				refresh,
				checkCopy: looks(waiting, waiting, merged, merged, { state: "current" }),
			});
			expect(result.delivered).toBe(true);
			expect(told).toContainEqual(expect.objectContaining({ now: `Waiting for ${waitsFor}`, stage: "copy" }));
			expect(refreshed).toMatchObject([{ round: 1 }, { round: 1, isMerged: true }]);
		});

		test("ends with what they have answered, said as the end of its step, and is not waited for any longer", async () => {
			const notes: object[] = [];
			const note = (input: object) => {
				notes.push(input);
				return { code: "noted" };
			};
			const { result, seconds } = await deliver(mode, [], undefined, undefined, {
				...{ refresh, note },
				checkCopy: looks(stale({ is: "waiting", waitsFor }), stale({ is: "ended", problem })),
			});
			expect(result).toMatchObject({ delivered: false, problem });
			expect(notes.at(-1)).toMatchObject({ step: "deliver", phase: "outcome", code: "pull-request-closed" });
			expect(seconds.rollout).toBeLessThan(60);
		});

		test("ends as any other that waits too long, and names whom it waited for", async () => {
			const { result } = await deliver(mode, [], undefined, undefined, {
				refresh,
				checkCopy: looks(stale({ is: "waiting", waitsFor })),
			});
			expect(result).toMatchObject({ delivered: false, problem: { code: "copy-timeout" } });
			expect(result.problem?.message).toContain(waitsFor);
		});
	});

	const before = { rotationId: "db-password.before", round: 2, version: "v2", at: "2026-11-23T11:00:00.000Z" };
	const window = { since: "2026-11-23T10:00:00.000Z", until: "2026-11-23T10:20:00.000Z" };
	const rolledBefore = () => ({ code: "rolled-before", mark: before, copyNew: [window] });

	test("asks the pods of an earlier roll of these versions first, and rolls none that proves them", async () => {
		const asked: unknown[] = [];
		const { result, rounds } = await deliver(mode, ["done"], undefined, undefined, {
			roll: rolledBefore,
			checkRollout: ({ mark }) => ({ state: "ending", pods: [], waitingFor: "old-1", asked: asked.push(mark) }),
			verify: (input) => ({ next: "done", pods: [], asked: asked.push(input) }),
		});
		expect(result.delivered).toBe(true);
		// asked once whether it is there, and never told to roll
		expect(rounds).toEqual([1]);
		expect(asked).toMatchObject([before, { mark: before, copyNew: [window] }]);
	});

	test("rolls those that do not prove them, once more", async () => {
		const marks: string[] = [];
		const { result } = await deliver(mode, ["roll", "done"], undefined, undefined, {
			roll: ({ mark }) => {
				marks.push(mark.rotationId);
				return marks.length === 1 ? rolledBefore() : { code: "rolled", mark, copyNew: [] };
			},
			checkRollout: () => ({ state: "done", pods: [] }),
		});
		expect(result.delivered).toBe(true);
		expect(marks).toHaveLength(2);
	});

	test("asks whoever serves when time is up, although an old pod is never gone", async () => {
		const ending = { checkRollout: () => ({ state: "ending", pods: [], waitingFor: "old-1" }) };
		const { result, seconds } = await deliver(mode, ["done"], undefined, undefined, ending);
		expect(result.delivered).toBe(true);
		expect(seconds.rollout).toBeGreaterThanOrEqual(900);
	});

	test("tells when the copy was new where it gave up, for the next delivery", async () => {
		const slow = { checkRollout: () => ({ state: "progressing", waitingFor: "pods" }) };
		const { result } = await deliver(mode, [], undefined, undefined, slow);
		expect(result).toMatchObject({ delivered: false, problem: { code: "rollout-timeout" } });
		expect(result.problem?.message).toContain("waited for this: pods.");
		expect(result.copyNew).toEqual([
			{ since: "2026-11-23T12:00:00.000Z", until: expect.stringMatching(/^2026-11-23T12:15/) },
		]);
	});

	test.each([
		[{ next: "wait", pods: [], waitingFor: "1 of 2 replicas available" }, "1 of 2 replicas available"],
		[{ next: "wait", pods: [{ pod: "titanic-api-1", ready: false, proved: true }] }, "titanic-api-1 to be ready"],
	])("names what is lacking when time is up and no pod is stale: %j", async (verified, lacking) => {
		const { result } = await deliver(mode, [], undefined, undefined, { verify: () => verified });
		expect(result).toMatchObject({ delivered: false, problem: { code: "rollout-timeout" } });
		expect(result.problem?.message).toContain(`waited for this: ${lacking}.`);
	});

	test("names the copy that keeps changing back", async () => {
		let looks = 0;
		const { result } = await deliver(mode, ["wait"], undefined, undefined, {
			checkCopy: () =>
				looks++ % 3 < 2
					? { state: "current", at: "2026-11-23T12:00:00.000Z" }
					: { state: "stale", waitingFor: "Secret titanic-api/secrets, key pw" },
		});
		expect(result.problem).toMatchObject({
			code: "copy-unsettled",
			message: expect.stringContaining("Secret titanic-api/secrets, key pw"),
		});
	});

	test("waits for a proof that is late, without another roll, and gives up when time is up", async () => {
		expect(await deliver(mode, ["wait", "wait", "done"])).toMatchObject({ rounds: [1], result: { delivered: true } });
		expect(await deliver(mode, ["wait"])).toMatchObject({
			rounds: [1],
			result: { delivered: false, problem: { code: "pod-stale" } },
		});
	});
});

test.each(["checkCopy", "roll", "checkRollout", "verify"])(
	"a %s that is forbidden for a quarter of an hour is told all the while, with its end and the next step, and then goes on",
	async (activity) => {
		const { result, told, rounds } = await deliver("replayed", ["done"], undefined, { activity, seconds: 900 });
		expect(result).toMatchObject({ delivered: true });
		expect(rounds.every((round) => round === 1)).toBe(true);
		const waits = told.flatMap(({ retrying }) => retrying ?? []);
		expect(waits.length).toBeGreaterThan(10);
		const { code, sentence: message, next } = forbidden;
		const givenUpAt = expect.stringMatching(/^2026-11-23T12:/);
		for (const wait of waits) expect(wait).toMatchObject({ step: activity, code, message, next, givenUpAt });
	},
);

test("a delivery that breaks by a defect is told as undelivered, and what asked for it is recorded", async () => {
	const finished: object[] = [];
	const answers: Record<string, (input: object) => unknown> = {
		planDelivery: () => ({ published: [{ secret: "db-password", version: "v2" }], consumers: [titanicApi] }),
		// No answer that a delivery can read.
		checkCopy: () => null,
		finish: (input) => finished.push((input as { status: object }).status),
	};
	const { result } = await play(
		"straight",
		deliverAgain,
		requestOf({ kind: "deliver" }) as DeliverRequest,
		async (command) => (command.ask === "activity" ? (answers[command.name]?.(command.input) ?? null) : undefined),
		() => new Date("2026-11-23T12:00:00Z"),
	);
	const undelivered = { outcome: "published-not-delivered", code: "internal-error", consumers: [{ delivered: false }] };
	expect(result).toMatchObject(undelivered);
	expect(finished).toMatchObject([undelivered]);
});

/** What a copy that is seen new twice waits for in between. */
const confirmed = 5;

test.each([
	{ copy: 0, rollout: 4, late: 0, looks: 8 },
	{ copy: 2, rollout: 10, late: 0, looks: 16 },
	{ copy: 9.5, rollout: 19.5, late: 2, looks: 28 },
	{ copy: 60, rollout: 60, late: 2, looks: 46 },
	{ copy: 119, rollout: 119, late: 6, looks: 70 },
	{ copy: 290, rollout: 890, late: 15, looks: 165 },
])(
	"a copy after $copy s and a rollout of $rollout s are each seen at most $late s late, with at most $looks looks",
	async ({ copy, rollout, late, looks }) => {
		const { result, asked, seconds } = await deliver("straight", ["done"], { copy, rollout });
		expect(result.delivered).toBe(true);
		expect(seconds.copy).toBeGreaterThanOrEqual(copy + confirmed);
		expect(seconds.copy).toBeLessThanOrEqual(Math.ceil(copy) + confirmed + late);
		expect(seconds.rollout).toBeLessThanOrEqual(Math.ceil(rollout) + late);
		const { checkCopy = 0, checkRollout = 0, verify = 0 } = asked;
		expect(checkCopy + checkRollout + verify).toBeLessThanOrEqual(looks);
	},
);
