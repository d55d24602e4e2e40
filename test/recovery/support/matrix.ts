// The matrix: a recording run finds the effects of a scenario, then each of them meets each fault that it can have.
// M1. What one run leaves out, an earlier one has met: the same call of the same step; or a run of two secrets does, of whose steps
//     all but a few are each one's by itself. Otherwise: a hole in the matrix looks like a smaller matrix. Kept by: metIn, which
//     knows no other reason, and meaning.test.ts.

import type { Outcome } from "../../../src/lib/domain/codes.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import type { Effect } from "./effect.ts";
import { type FaultName, faultsOf, meaningOf } from "./faults.ts";
import { inForceOf } from "./place.ts";
import { halfOf, type Run, runs, type Scenario, strategies } from "./scenarios.ts";
import type { Servers } from "./servers.ts";
import { type Case, openWorld, type World } from "./world.ts";

/** A sweep a day at the most: the last one must find nothing to do. */
const mostSweeps = 5;

export interface Recorded {
	readonly effects: readonly Effect[];
	readonly found: readonly string[];
	readonly outcome?: string;
}

/** A rotation without a fault. */
export async function record(servers: Servers, scenario: Scenario): Promise<Recorded> {
	await using world = await openWorld(servers, { scenario, mode: "replayed" });
	const ended = await world.rotate();
	const effects = [...world.effects];
	const rolls = world.hand.rolls();
	const found = await recovered(world, scenario);
	if (world.also !== undefined && rolls !== 1) found.push(`it was rolled ${rolls} times for both`);
	return {
		effects,
		found,
		outcome: ended.find(({ outcome }) => outcome !== "completed")?.outcome ?? ended[0]?.outcome,
	};
}

export interface Recording {
	readonly run: Run;
	readonly recorded: Recorded;
}

export const recordAll = async (servers: Servers): Promise<Recording[]> =>
	Array.fromAsync(runs, async (run) => ({ run, recorded: await record(servers, run.scenario) }));

/** Indices of the effects that are met in each run. */
const metIn = (recordings: readonly Recording[]): number[][] => {
	const seen = new Set<string>();
	return recordings.map(({ run, recorded: { effects } }) => {
		const calls = callsOf(effects);
		const met = calls.flatMap((call, index) => {
			const one = effects[index]!;
			if (run.steps) return run.steps.includes(one.in) ? [index] : [];
			return run.halves.includes(halfOf(one)) || !seen.has(call) ? [index] : [];
		});
		for (const call of calls) seen.add(call);
		return met;
	});
};

/** What each effect is to its step: `verify: postgres login titanic_admin #1`. The same in every run that has it. */
const callsOf = (effects: readonly Effect[]): string[] => {
	const counts = new Map<string, number>();
	return effects.map(({ in: step, execution, effect }) => {
		const nth = (counts.get(`${execution} ${effect}`) ?? 0) + 1;
		counts.set(`${execution} ${effect}`, nth);
		return `${step}: ${effect} #${nth}`;
	});
};

/** The cases of each run: of all faults that mean the same, the first one. */
export const casesOf = (recordings: readonly Recording[]): Case[][] =>
	metIn(recordings).map((met, which) => {
		const { run, recorded } = recordings[which]!;
		const { effects } = recorded;
		const meant = new Set<string>();
		return met.flatMap((index) =>
			faultsOf(effects[index]!).flatMap((fault): Case[] => {
				const means = meaningOf(effects, index, fault);
				if (meant.has(means)) return [];
				meant.add(means);
				const outcomes = fault === "it fails for good" ? outcomesAt(effects, index) : undefined;
				return [{ scenario: run.scenario, mode: "replayed", fault, at: effects[index]!, means, outcomes }];
			}),
		);
	});

/** What a run ends as where one effect is refused for good; of effects without an entry, the state it leaves must fit. */
function outcomesAt(effects: readonly Effect[], index: number): Outcome[] | undefined {
	const { effect } = effects[index]!;
	const isPublishing = (one: Effect) => one.effect === "vault PUT db-password";
	const published = effects.findIndex(isPublishing);
	// In the second of two steps, what the first one published is not taken back.
	const isSecond = effects.slice(published + 1, index + 1).some((one) => isPublishing(one));
	if (/^vault PUT (?!.*-pending$)/.test(effect)) return isSecond ? ["compensated", "interrupted"] : ["compensated"];
	if (!/^(kubernetes |git .* git-receive-pack$|pulls )/.test(effect)) return undefined;
	if (index > published && effects.slice(index).some(isPublishing)) return ["interrupted"];
	// The plan looks at the cluster twice; a right that is taken away after it was checked is missed at the delivery.
	return index < published ? ["refused", "published-not-delivered"] : ["published-not-delivered"];
}

/** @returns what is not as it must be; nothing when all is well */
export async function judge(servers: Servers, one: Case): Promise<string[]> {
	await using world = await openWorld(servers, one);
	const found: string[] = [];
	try {
		const ended = await world.rotate();
		if (!world.met()) return ["the effect was not met"];
		if (one.fault === "it fails for good") {
			await world.mend();
			found.push(...explained(ended), ...(await fitting(world, ended)), ...(await inService(world)));
			if (one.outcomes && !ended.some(({ outcome }) => outcome && one.outcomes?.includes(outcome)))
				found.push(`did not end as ${one.outcomes.join(" or ")}`);
		}
		await world.arrive();
		// A rotation that was undone leaves a value behind that nobody has; the next one draws another.
		const undone = ended.filter(({ outcome }) => outcome === "compensated").length;
		found.push(...(await recovered(world, one.scenario, undone)));
		if (found.length > 0) found.push(`ended as ${JSON.stringify(ended.map(({ outcome, code }) => [outcome, code]))}`);
	} catch (error) {
		const { stack, cause } = error as Error;
		found.push(`threw ${stack}, because of ${cause}`);
	}
	return found;
}

/** A run that did not complete says why, and what is to be done. */
const explained = (ended: readonly RotationStatus[]): string[] =>
	ended
		.filter(({ outcome }) => outcome !== "completed" && outcome !== "skipped")
		.filter(({ problem }) => !problem?.code || !problem.message || !problem.next)
		.map(({ outcome, code }) => `${outcome} (${code}) says no next step`);

/** An outcome says how things stand: they must stand so. */
async function fitting(world: World, ended: readonly RotationStatus[]): Promise<string[]> {
	const isOld = inForceOf(world.live()) === world.firstPassword;
	const wrong = ({ outcome }: RotationStatus) => {
		switch (outcome) {
			case "refused":
			case "compensated":
				return isOld ? undefined : "the live secret was changed";
			case "completed":
			case "published-not-delivered":
				return isOld ? "nothing was published" : undefined;
			case "interrupted":
				return world.pendingEnabled() ? undefined : "no pending secret marks the place";
			default:
				return "a trigger that was due did nothing";
		}
	};
	return ended.flatMap((status) => {
		if (status.secret !== "db-password") return [];
		const detail = wrong(status);
		return detail ? [`${status.outcome}, and yet ${detail}`] : [];
	});
}

/** Nobody is locked out: not the next pod that starts, and not those that run. */
async function inService(world: World): Promise<string[]> {
	const found: string[] = [];
	if (!(await world.accepts(world.live()))) found.push("the live secret does not log in");
	if (!world.derivedAgrees()) found.push("the derived secret does not agree with the live one");
	return found;
}

/** The sweeps come until one finds nothing to do; then everything is as after a rotation that nothing happened to. */
async function recovered(world: World, { strategy }: Scenario, undone = 0): Promise<string[]> {
	const found: string[] = [];
	let idle = false;
	const swept: string[] = [];
	for (let count = 0; count < mostSweeps && !idle; count++) {
		const { how, ended } = await world.sweep();
		idle = how === "idle";
		swept.push([how, ...ended.map(({ outcome, code }) => `${outcome}/${code}`)].join(" "));
	}
	if (!idle) found.push(`the sweeps come to no end: ${swept.join("; ")}`);
	found.push(...(await inService(world)));
	if (inForceOf(world.live()) === world.firstPassword) found.push("the password was not rotated");
	else if ((await world.accepts(world.firstPassword)) !== world.keepsOld)
		found.push(world.keepsOld ? "the role that was live was not left alone" : "the old password still logs in");
	const { values } = strategies[strategy];
	// Of two steps both may have been published before they were undone.
	const more = world.values() - values;
	if (more < 0 || more > undone * (values - 1)) found.push(`the live secret had ${world.values()} values`);
	if (world.pendingEnabled()) found.push("the pending secret is still enabled");
	const { also } = world;
	const others = also === undefined ? [] : world.place.vault.owner.versions(also);
	if (also !== undefined && new Set(others.map(({ value }) => value)).size !== 2)
		found.push(`${also} was not rotated once`);
	const live = world.place.vault.owner.get("db-password")!;
	for (const pod of world.hand.pods()) {
		if (pod.password !== live.value) found.push(`${pod.name} does not have the live password`);
		if (pod.version !== live.version) found.push(`${pod.name} has not mounted the live version`);
		if (pod.other !== others.at(-1)?.version) found.push(`${pod.name} has not mounted the live version of ${also}`);
	}
	const chain = await world.chain();
	if (chain.bad) found.push(`the audit chain is broken: ${chain.bad.detail}`);
	for (const upTo of await world.signedUpTo()) {
		if (upTo !== chain.head.seq) found.push(`the head ${chain.head.seq} is not signed, or not kept twice: ${upTo} is`);
	}
	for (const intent of chain.openIntents) found.push(`the intent of ${intent.step} has no outcome`);
	return found;
}

export interface Failure {
	readonly at: string;
	readonly fault: FaultName | undefined;
	readonly found: readonly string[];
}

/** Each waits for servers most of the time. */
const atOnce = 6;

/** Runs the cases, several at once. */
export async function judgeAll(
	servers: Servers,
	cases: readonly Case[],
	tell: (failure: Failure) => void,
): Promise<Failure[]> {
	const failures: Failure[] = [];
	const left = cases.values();
	const worker = async () => {
		for (const one of left) {
			const found = await judge(servers, one);
			const failure = { at: `${one.at?.effect} #${one.at?.nth}`, fault: one.fault, found };
			if (found.length === 0) continue;
			failures.push(failure);
			tell(failure);
		}
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
	return failures;
}
