// Several hosts over one state folder, as when Azure scales out: each has the whole app, and they share one task hub.
import { expect, test } from "@jest/globals";
import { type Host, startHost } from "../start.ts";
import { durable, missARun, over, state, until } from "./fixture.ts";

const visibility = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout";

/** Two hosts, begun at the same instant on a state folder that nobody has opened yet. */
async function two(env: Record<string, string> = {}, before = (_stateDir: string) => {}) {
	await using undo = new AsyncDisposableStack();
	const at = undo.use(await state());
	before(at.dir);
	const start = () => startHost({ ...at.options, env: { ...at.options.env, ...env } });
	const [one, other] = await Promise.all([start(), start()]);
	undo.use(one);
	undo.use(other);
	const stack = undo.move();
	return { at, hosts: [one, other] as const, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const repeated = (lines: readonly string[]) => lines.filter((line, index) => lines.indexOf(line) !== index);
/** What was done, without who did it. */
const done = (journal: readonly string[], what: string) =>
	journal.filter((line) => line.startsWith(what)).map((line) => line.replace(/ by \d+$/, ""));
const doers = (journal: readonly string[], what: string) =>
	new Set(journal.filter((line) => line.startsWith(what)).map((line) => Number(/ by (\d+)$/.exec(line)?.[1])));

const start = (host: Host, id: string, count: number) => durable(host, "POST", `orchestrators/turns/${id}`, { count });
const ids = Array.from({ length: 12 }, (_, index) => `i${index}`);

test("both hosts get activities and turns, and neither is done twice", async () => {
	await using up = await two();
	const { at, hosts } = up;
	const answers = await Promise.all(ids.map((id, index) => start(hosts[index % 2]!, id, 5)));
	expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
	// Each is asked for at the host that did not start it.
	const ends = await Promise.all(ids.map((id, index) => over(hosts[(index + 1) % 2]!, id)));
	expect(ends.map(({ runtimeStatus, output }) => [runtimeStatus, output])).toEqual(ids.map(() => ["Completed", 5]));
	const journal = at.journal();
	const both = new Set(hosts.map(({ pid }) => pid));
	for (const what of ["turn", "task"]) {
		expect(done(journal, what)).toHaveLength(ids.length * 5);
		expect(repeated(done(journal, what))).toEqual([]);
		expect(doers(journal, what)).toEqual(both);
	}
});

test("of starts of one id at the same instant on both hosts one runs, whatever answers the others get", async () => {
	await using up = await two();
	const { at, hosts } = up;
	const callers = Array.from({ length: 32 }, (_, index) => index);
	for (const round of [1, 2, 3]) {
		const begin = (caller: number) =>
			durable(hosts[caller % 2]!, "POST", "orchestrators/waits/same", { round, caller });
		const answers = await Promise.all(callers.map(begin));
		const accepted = callers.filter((caller) => answers[caller]!.status === 202);
		expect(accepted).not.toEqual([]);
		for (const { status, json } of answers.filter((answer) => answer.status !== 202)) {
			const Message = expect.stringMatching(/^An Orchestration instance with the status \w+ already exists\.$/);
			expect({ status, json }).toEqual({ status: 409, json: { Message } });
		}
		// An event that one host takes reaches the instance wherever it runs; raised again after its end, it is refused by both.
		const raise = (host: Host) => durable(host, "POST", "instances/same/raiseEvent/go", round);
		expect((await raise(hosts[round % 2]!)).status).toBe(202);
		const winners = await Promise.all(hosts.map((host) => over(host, "same")));
		for (const winner of winners) expect(winner).toMatchObject({ output: round, input: { round } });
		const [one, other] = winners.map(({ input }) => (input as { caller: number }).caller);
		expect(accepted).toContain(one);
		expect(other).toBe(one);
		expect(await Promise.all(hosts.map(async (host) => (await raise(host)).status))).toEqual([410, 410]);
	}
	expect(at.log().filter((line) => line.startsWith("error"))).toEqual([]);
});

test("a host is killed in the middle: the other one finishes what both had begun", async () => {
	await using up = await two({ [visibility]: "00:00:02" });
	const { at, hosts } = up;
	const [killed, left] = hosts;
	await Promise.all(ids.map((id, index) => start(hosts[index % 2]!, id, 8)));
	await until("work of both", () => doers(at.journal(), "task").size === 2);
	await killed.kill();
	const before = at.journal();
	const ends = await Promise.all(ids.map((id) => over(left, id)));
	expect(ends.map(({ runtimeStatus, output }) => [runtimeStatus, output])).toEqual(ids.map(() => ["Completed", 8]));
	// At most two activities, as host.json allows, were cut off and come again; what had ended does not.
	const again = repeated(done(at.journal(), "task"));
	expect(again.length).toBeLessThanOrEqual(2);
	for (const line of again) expect(done(before, "task")).toContain(line);
	expect(doers(at.journal().slice(before.length), "task")).toEqual(new Set([left.pid]));
});

test("a timer fires on one host only, a run that was missed too", async () => {
	await using up = await two({ SECONDS: "yes" }, missARun);
	const seconds = () => done(up.at.journal(), "second").length;
	const [from, before] = [Math.floor(Date.now() / 1000), seconds()];
	await until("six runs", () => seconds() >= before + 6);
	const runs = seconds() - before;
	expect(runs).toBeLessThanOrEqual(Math.floor(Date.now() / 1000) - from + 1);
	expect(done(up.at.journal(), "nightly")).toEqual(["nightly late"]);
});
