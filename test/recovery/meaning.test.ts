// What the matrix leaves out, and that it is met elsewhere: told of small rotations that are written down here.

import { expect, test } from "@jest/globals";
import type { Effect } from "./support/effect.ts";
import { changes, type FaultName, faultNames, faultsOf, meaningOf } from "./support/faults.ts";
import { casesOf, type Recording } from "./support/matrix.ts";
import { halfOf, type Run, runs } from "./support/scenarios.ts";

const scenario = runs[0]!.scenario;

/** `step: effect` a line; a step that is named again is another execution; `||` began while the line before was under way. */
function recording(lines: readonly string[], halves: Run["halves"] = ["switch", "delivery"]): Recording {
	const counts = new Map<string, number>();
	let step = "";
	let execution = 0;
	const effects = lines.map((line): Effect => {
		const [, named, beside, effect = ""] = /^(\w*): (\|\| )?(.+)$/.exec(line) ?? [];
		if (named) [step, execution] = [named, execution + 1];
		const nth = (counts.get(effect) ?? 0) + 1;
		counts.set(effect, nth);
		return { effect, nth, in: step, execution, alongside: beside !== undefined };
	});
	return { run: { scenario, halves }, recorded: { effects, found: [], outcome: "completed" } };
}

const told = (...recordings: Recording[]) =>
	casesOf(recordings).map((cases) => cases.map(({ at, fault }) => `${at!.effect} #${at!.nth}: ${fault}`));

const read = (effect: string) => [`${effect}: it fails for good`, `${effect}: it fails three times`];
const died = (effect: string, when: "before" | "after") => [
	`${effect}: the process dies ${when} it`,
	`${effect}: its instance is lost ${when} it`,
];
const change = (effect: string) => [
	...died(effect, "after"),
	...read(effect),
	`${effect}: its answer is lost`,
	`${effect}: it is too slow and takes effect before the next one`,
	`${effect}: it is too slow and takes effect after the rotation`,
];

const switched = recording([
	"createSecret: vault GET db-password-pending",
	": vault GET db-password",
	": vault PUT db-password-pending",
	": vault GET db-password",
	"finish: vault GET db-password",
	": vault PATCH db-password-pending",
]);

test("a process dies before each step and after each change, a read fails and is refused, a change meets every fault", () => {
	expect(told(switched)).toEqual([
		[
			...died("vault GET db-password-pending #1", "before"),
			...read("vault GET db-password-pending #1"),
			...read("vault GET db-password #1"),
			...change("vault PUT db-password-pending #1"),
			...read("vault GET db-password #2"),
			...died("vault GET db-password #3", "before"),
			...read("vault GET db-password #3"),
			...change("vault PATCH db-password-pending #1"),
		],
	]);
});

test("where another effect is under way, it matters whether a change was sent", () => {
	const [cases] = told(recording(["note: blob PUT audit/a", ": || blob PUT audit/b", ": || blob GET audit/a"]));
	expect(cases).toEqual([
		...died("blob PUT audit/a #1", "before"),
		...change("blob PUT audit/a #1"),
		...died("blob PUT audit/b #1", "before"),
		...change("blob PUT audit/b #1"),
		...read("blob GET audit/a #1"),
	]);
});

test("a trigger has no instance to lose", () => {
	const [cases] = told(recording(["sweep: durable start rotate-db-password", ": durable list"]));
	expect(cases!.filter((one) => one.includes("instance"))).toEqual([]);
	expect(cases).toContain("durable start rotate-db-password #1: the process dies after it");
});

test.each([
	["vault GET db-password", false],
	["vault PUT db-password", true],
	["vault PUT (challenge) db-password", false],
	["vault PATCH db-password-pending", true],
	["vault POST keys audit-head sign", false],
	["vault GET deletedsecrets db-password-pending", false],
	["postgres login titanic_admin", false],
	["postgres SELECT facts of titanic_admin", false],
	["postgres ALTER ROLE titanic_admin", true],
	["postgres SET synchronous_commit", true],
	["postgres lock titanic_admin", true],
	["kubernetes list pods titanic", false],
	["kubernetes patch deployments titanic/titanic-api", true],
	["kubernetes create jobs titanic/titanic-api", true],
	["github POST access_tokens gitops", false],
	["blob GET (list)", false],
	["blob PUT audit/2026-11.ndjson", true],
	["blob DELETE open/db-password", true],
	["token https://vault.azure.net", false],
	["durable start rotate-db-password", true],
	["durable status rotate-db-password", false],
	["durable purge rotate-db-password", true],
])("%s: leaves something behind: %s", (effect, expected) => {
	expect(changes(effect)).toBe(expected);
});

test("for every pair of effect and fault, a case of the same run means the same", () => {
	const { effects } = switched.recorded;
	const [cases] = casesOf([switched]);
	const met = new Set(cases!.map(({ at, fault }) => meaningOf(effects, effects.indexOf(at as Effect), fault!)));
	const pairs = effects.flatMap((one, index) => faultsOf(one).map((fault: FaultName) => [index, fault] as const));
	expect(pairs.length).toBeGreaterThan(cases!.length);
	expect(pairs.filter(([index, fault]) => !met.has(meaningOf(effects, index, fault)))).toEqual([]);
});

const delivered = ["verify: kubernetes list pods titanic", ": postgres login titanic_admin"];

test("a run leaves out the other half, but nothing of it that no earlier run has met", () => {
	const first = recording(["plan: vault GET db-password", ...delivered]);
	const second = recording(
		["plan: vault GET rotator-password", ": vault GET db-password", ...delivered, ": postgres login titanic_admin"],
		["switch"],
	);
	expect(told(first, second)[1]).toEqual([
		...died("vault GET rotator-password #1", "before"),
		...read("vault GET rotator-password #1"),
		...read("vault GET db-password #1"),
		// Its second login in that step: the first run has one only.
		...died("postgres login titanic_admin #2", "before"),
		...read("postgres login titanic_admin #2"),
	]);
});

test("a run of two secrets meets all that the steps do which look at both, and nothing else", () => {
	const rolls = "roll: kubernetes patch deployments titanic/titanic-api";
	const both = recording(
		["plan: vault GET flask-secret-key", "checkOthers: durable status rotate-db-password", rolls],
		[],
	);
	expect(told(recording([rolls]), { ...both, run: { ...both.run, steps: ["checkOthers", "roll"] } })[1]).toEqual([
		...died("durable status rotate-db-password #1", "before"),
		...read("durable status rotate-db-password #1"),
		...died("kubernetes patch deployments titanic/titanic-api #1", "before"),
		...change("kubernetes patch deployments titanic/titanic-api #1"),
	]);
});

test("of the delivery is what follows the publication, and all that is asked of the cluster", () => {
	const effects = recording(["plan: vault GET db-password", ": kubernetes list pods titanic", ...delivered]).recorded
		.effects;
	expect(effects.map(halfOf)).toEqual(["switch", "delivery", "delivery", "delivery"]);
});

test("the first run meets both halves, and each name of a fault is one that some effect has", () => {
	expect(runs[0]!.halves).toEqual(["switch", "delivery"]);
	const some = ["vault PUT db-password", "postgres ALTER ROLE titanic_admin"].map((effect) => ({ effect, nth: 1 }));
	expect(new Set(some.flatMap(faultsOf))).toEqual(new Set(faultNames));
});
