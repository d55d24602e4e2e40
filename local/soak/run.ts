// A whole soak: the stack with its wires, the lanes side by side, the clients, and what is checked at the end.
// RU1. However it ends, everything that was started is stopped; what is left then is a broken invariant, too.
// RU2. What was found before it was cut short is reported all the same. Otherwise: the hour that found a break is lost with it.

import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Host } from "../../packages/functions-host/index.ts";
import { leaksIn } from "../leaks/index.ts";
import { mountedPods, podsBySecret } from "../pods.ts";
import { audit } from "../proof.ts";
import { type Scope, scope } from "../scope.ts";
import { type Stack, startStack } from "../stack.ts";
import { until } from "../until.ts";
import { deployable } from "./bundles.ts";
import { type Clients, clients } from "./clients.ts";
import type { World } from "./faults.ts";
import { type Tally, tally } from "./invariants.ts";
import type { FaultKind, LaneFacts } from "./kinds.ts";
import { copied, type Lane, laneFacts, mixedLanes, openLanes } from "./lanes.ts";
import { ledger } from "./ledger.ts";
import type { Options } from "./options.ts";
import { outcomesOf } from "./outcomes.ts";
import { progress, type Results } from "./report.ts";
import { type Ended, rotate } from "./rotation.ts";
import { countOf, type PlannedRotation, scheduleOf } from "./schedule.ts";
import { wired } from "./wires.ts";

/** Once a day in production. */
const sweepEveryMs = 6_000;
/** So many rotations between two looks at the whole audit log and at what has failed. */
const checkEvery = 25;

export async function soak(
	{ rotations, seed, lanes: count, mix }: Options,
	around: { readonly appDir: string; readonly signal: AbortSignal; readonly say: (line: string) => void },
): Promise<Results> {
	const { signal, say } = around;
	const begun = Date.now();
	const facts = mix ? mixedLanes : laneFacts(count);
	const schedule = scheduleOf(rotations, seed, facts);
	const held = tally((invariant, broken) => say(`✘ ${invariant}: ${broken}`));
	let folder = "";
	let found: Omit<Results, "seconds" | "invariants">;
	{
		await using parts = scope(signal);
		const { world, lanes, sweep, fail } = await bringUp(parts, facts, around);
		const { stack } = world;
		folder = stack.folders.all;
		say(`${rotations} rotations of ${facts.length} secrets, seed ${seed}`);
		const users = await parts.use(async () => clients(stack, lanes, world.ledger));
		const injected: FaultKind[] = [];
		let done = 0;
		const onEnded = async (planned: PlannedRotation, ended: Ended) => {
			injected.push(...ended.injected);
			if (ended.inTime) done++;
			say(progress(planned, ended, done, rotations));
			if (done % checkEvery !== 0) return;
			await checkAudit(stack, held);
			await users.settle();
		};
		const work = inLanes(lanes, schedule, fail, async (lane, planned) => {
			const ended = await rotate(world, lane, planned, held, sweep);
			await onEnded(planned, ended);
			return ended;
		});
		const cutShort = await work.then(
			() => undefined,
			(error: Error) => (signal.aborted ? "interrupted" : error.message),
		);
		if (cutShort === undefined) say("Checking the whole");
		// The world that a cut leaves is not one to be checked: a fault may have been undone only half.
		const byOutcome = cutShort === undefined ? await checkWhole(stack, held) : {};
		const { logins, requests } = await settled(users, held);
		found = {
			seed,
			lanes: facts.length,
			...(mix && { mix: true as const }),
			...(cutShort !== undefined && { cutShort }),
			rotations: { planned: rotations, done, byOutcome },
			faults: faultCounts(schedule, injected),
			logins,
			requests,
		};
	}
	const children = process.getActiveResourcesInfo().filter((kind) => kind === "ProcessWrap").length;
	const left = [
		...(children > 0 ? [`${children} processes`] : []),
		...(existsSync(folder) ? ["the stack's folder"] : []),
	];
	held.count("no process and no folder is left", left.length > 0 ? left.join(", ") : undefined);
	return { ...found, seconds: (Date.now() - begun) / 1000, invariants: held.entries };
}

async function bringUp(parts: Scope, facts: readonly LaneFacts[], { appDir, signal, say }: Parameters<typeof soak>[1]) {
	say("Bringing up the local stack");
	const { settings, wires: wiresOf } = wired(parts);
	const deploys = await deployable(appDir, parts);
	const book = ledger();
	const stack = await parts.use(() =>
		startStack({
			appDir: deploys.folder,
			settings,
			signal,
			onVaultEvent({ type, subject, data, time }) {
				if (type !== "Microsoft.KeyVault.SecretNewVersionCreated") return;
				book.published(subject, data.Version, Date.parse(time));
			},
		}),
	);
	const wires = await wiresOf(stack);
	const lanes = await openLanes(stack, wires, facts);
	const host = stack.host as Host;
	const failed = new AbortController();
	const kubeConfig = stack.cluster.kubeConfig();
	const world: World = {
		stack,
		host,
		wires,
		deployable: deploys,
		ledger: book,
		signal: AbortSignal.any([signal, failed.signal]),
		pods: ({ name, path }) =>
			path === "kubernetes-secret"
				? podsBySecret(stack, kubeConfig, { ...copied, managed: name })
				: mountedPods(stack, kubeConfig, name),
		inTurn: turns(),
	};
	const sweep = async () => {
		const headers = { "x-functions-key": stack.keys.master, "content-type": "application/json" };
		const url = `${host.url}/admin/functions/sweep`;
		// The host may be down: the next sweep comes anyway.
		const answer = await fetch(url, { method: "POST", headers, body: "{}" }).catch(() => undefined);
		await answer?.body?.cancel();
	};
	await parts.use(async () => every(sweepEveryMs, sweep));
	return { world, lanes, sweep, fail: (error: unknown) => failed.abort(error) };
}

/** Each lane works off its own rotations in their order; one that is stuck twice in a row is given up. */
async function inLanes(
	lanes: readonly Lane[],
	schedule: readonly PlannedRotation[],
	fail: (error: unknown) => void,
	work: (lane: Lane, planned: PlannedRotation) => Promise<Ended>,
): Promise<void> {
	const run = async (lane: Lane) => {
		let stuck = 0;
		for (const planned of schedule.filter((one) => one.lane === lane.name)) {
			if (stuck === 2) return;
			const { inTime } = await work(lane, planned);
			stuck = inTime ? 0 : stuck + 1;
		}
	};
	// A lane that fails ends the others; nothing is stopped while one of them still works with it.
	let first: { readonly error: unknown } | undefined;
	await Promise.all(
		lanes.map((lane) =>
			run(lane).catch((error) => {
				first ??= { error };
				fail(error);
			}),
		),
	);
	if (first) throw first.error;
}

async function checkWhole(stack: Stack, held: Tally): Promise<Record<string, number>> {
	const { byOutcome, open, asked } = await outcomesOf(stack);
	const missing = asked === 0 ? "the audit log has no request" : open.join(", ") || undefined;
	held.count("every rotation that the API knows has an outcome", missing);
	await checkAudit(stack, held);
	const where = (await leaksIn(stack)).map(({ kind, place, form }) => `${kind} in ${place} (${form})`);
	held.count("no secret is found where none belongs", where.length > 0 ? where.join(", ") : undefined);
	return byOutcome;
}

/** A signed head names the log as the app reaches it. Another lane may have cut a wire just now. */
async function checkAudit(stack: Stack, held: Tally): Promise<void> {
	const read = async () => {
		const found = await audit(stack);
		return found.events > 0 && found.checked ? found : undefined;
	};
	const { verified, flaw } = await until("the audit log", 120, read).catch((error: Error) => ({
		verified: false,
		flaw: error.message,
	}));
	held.count("the audit log is whole", verified ? undefined : (flaw ?? "it is not"));
}

async function settled(users: Clients, held: Tally) {
	const { logins, requests } = await users.settle();
	const outside = ({ broken }: typeof logins) => (broken.length > 0 ? broken.slice(0, 20).join(", ") : undefined);
	held.count("no login as the application fails outside the gap", outside(logins));
	held.count("no request to titanic-api fails", outside(requests));
	return { logins, requests };
}

function faultCounts(schedule: readonly PlannedRotation[], injected: readonly FaultKind[]): Results["faults"] {
	const planned = countOf(schedule);
	return Object.fromEntries(
		Object.entries(planned).map(([kind, count]) => [
			kind,
			{ planned: count, injected: injected.filter((one) => one === kind).length },
		]),
	) as Results["faults"];
}

/** One after the other, for each thing. */
function turns(): World["inTurn"] {
	const last = new Map<string, Promise<unknown>>();
	return (what, act) => {
		const mine = (last.get(what) ?? Promise.resolve()).then(act);
		last.set(
			what,
			mine.catch(() => {}),
		);
		return mine;
	};
}

function every(ms: number, act: () => Promise<void>): AsyncDisposable {
	const stopped = new AbortController();
	const going = (async () => {
		for (;;) {
			await pause(ms, undefined, { signal: stopped.signal });
			await act();
		}
	})().catch(() => {});
	return {
		async [Symbol.asyncDispose]() {
			stopped.abort();
			await going;
		},
	};
}
