// One run: planned by the product's policy, tried again as its steps are, delivered as its orchestrator does.
// RN1. Whether it rotates, the product's `decide` says; how long it waits for its turn, its `step`, and who is next, its budgets.
//      Otherwise: the model has a policy of its own. Kept by: simulate.test.ts.

import { Fault, type FaultCode } from "../src/lib/domain/fault.ts";
import { decide } from "../src/lib/domain/policy.ts";
import { type ActivityName, type Command, durableOn, step } from "../src/lib/orchestrators/process.ts";
import type { App } from "./app.ts";
import type { Clock } from "./clock.ts";
import { type Delivery, deliveryOf } from "./delivery.ts";
import { type Counted, cluster, durationOf, hopMs } from "./measured.ts";
import type { Options } from "./options.ts";
import { gateOf, type Secrets } from "./secrets.ts";
import { type AtOnce, type Tally, vaultCallsOf, type Within } from "./tally.ts";

export type By = "event" | "sweep" | "opening";

export interface Places {
	readonly vaultCalls: readonly Within[];
	readonly vaultWrites: readonly Within[];
	readonly sessions: readonly AtOnce[];
	readonly namespaces: readonly AtOnce[];
}

interface Around {
	readonly options: Options;
	readonly clock: Clock;
	readonly random: () => number;
	readonly secrets: Secrets;
	readonly apps: readonly App[];
	readonly places: Places;
	readonly tally: Tally;
	readonly start: number;
}

const noticedMs = 1_000;
const waits = {
	writes: "room in the vault",
	session: "a session on the server",
	place: "a place in the namespace",
} as const;
const day = 86_400_000;
/** Key Vault's near-expiry event. */
const nearExpiryDays = 30;
/** Event Grid delivers it within a minute: an estimate. */
const deliveredMs = 60_000;

export function rotationsOf(around: Around) {
	const { options, clock, random, secrets, apps, places, tally, start } = around;
	const { secret: entry } = options;
	const [consumer] = entry.consumers;
	const deliveries: readonly Delivery[] = cluster.copySeconds.map((seconds) =>
		deliveryOf(consumer!, seconds, cluster.rolloutSeconds),
	);
	const held = gateOf(options);
	const today = () => tally.days[Math.floor((clock.now() - start) / day)]!;
	const versions = 2 * (1 + entry.derived.length);

	function asked(vault: number, vaultCalls: number): void {
		places.vaultCalls[vault]!.add(clock.now(), vaultCalls);
	}

	/** One activity that waits for no room. */
	function perform(app: App, one: number, counted: Counted, then: () => void): void {
		app.acts(2);
		tally.activities++;
		app.perform(durationOf(counted), hopMs, () => {
			tally.step(counted);
			asked(secrets.vault(one), vaultCallsOf(counted));
			then();
		});
	}

	/** One that may wait for its turn, again and again: the product's own patience. */
	function tried(
		app: App,
		name: Extract<ActivityName, Counted>,
		work: (ended: (refusal?: Fault) => void) => void,
		then: (failed?: unknown) => void,
	): void {
		const durable = durableOn({ now: () => new Date(clock.now()), report: () => {}, continueAs: () => {} });
		const process = step(durable, name, {} as never);
		const goOn = (resume: () => IteratorResult<Command, unknown>) => {
			try {
				const at = resume();
				if (at.done) then();
				else if (at.value.ask === "activity") once();
				else if (at.value.ask === "first") {
					app.acts(1);
					clock.at(Date.parse(at.value.of[0].until), () => goOn(() => process.next()));
				}
			} catch (error) {
				then(error);
			}
		};
		const once = () => {
			app.acts(2);
			tally.activities++;
			app.enter(() =>
				work((refusal) => {
					app.leave();
					clock.after(hopMs, () => goOn(() => (refusal ? process.throw(refusal) : process.next({}))));
				}),
			);
		};
		goOn(() => process.next());
	}

	function run(one: number): void {
		const app = apps[secrets.app(one)]!;
		const [vault, server, namespace] = [secrets.vault(one), secrets.server(one), secrets.namespace(one)];
		const who = secrets.id(one);
		const due = secrets.dueAt[one]!;
		const seenVersion = `${secrets.version[one]}`;
		app.acts(1);
		app.going.count++;
		tally.underWay.add();
		today().mostUnderWay = Math.max(today().mostUnderWay, tally.underWay.now);
		const end = () => {
			if (hasPlace) app.leavesPlace(namespace);
			secrets.isRunning[one] = 0;
			app.going.count--;
			tally.underWay.take();
		};
		const finish = (then: () => void) =>
			perform(app, one, "finish", () =>
				perform(app, one, "signHead", () => {
					then();
					end();
				}),
			);

		perform(app, one, "plan", () => {
			const { act } = planned(one, seenVersion);
			if (act === "rotate") create();
			else finish(() => tally.runs.skipped++);
		});

		const namespaceQueued = () => new Fault("namespace-queued", { cluster: "cluster", namespace: `${namespace}` });
		const refusal = (code: Extract<FaultCode, "vault-queued" | "server-queued">) =>
			code === "vault-queued" ? new Fault(code, { vault: `${vault}` }) : new Fault(code, { server: `${server}` });
		const since = { writes: 0, session: 0, place: 0 };
		let hasPlace = false;
		const writes = (amount: number) => {
			since.writes ||= clock.now();
			return got(app.writes(vault).room(amount, who, () => refusal("vault-queued")));
		};
		const sessions = () => {
			since.session ||= clock.now();
			return got(app.sessions(server).room(1, who, () => refusal("server-queued")));
		};
		const got = async (room: Promise<Disposable>) => {
			clock.settle();
			return room.catch((error: Fault) => error);
		};
		const waited = (which: keyof typeof waits) => {
			const ms = clock.now() - since[which];
			if (ms >= noticedMs) tally.waited(waits[which], ms);
			since[which] = 0;
		};
		const stored = (count: number) => {
			for (let version = 0; version < count; version++) app.writes(vault).spend();
			places.vaultWrites[vault]!.add(clock.now(), count);
		};

		function create(): void {
			const work = async (ended: (refusal?: Fault) => void) => {
				const room = await writes(1);
				if (room instanceof Fault) return ended(room);
				waited("writes");
				clock.after(durationOf("createSecret"), () => {
					tally.step("createSecret");
					asked(vault, vaultCallsOf("createSecret"));
					stored(1);
					given(room);
					ended();
				});
			};
			tried(app, "createSecret", work, (failed) => (failed ? finish(() => tally.runs.skipped++) : change()));
		}

		function change(): void {
			const work = async (ended: (refusal?: Fault) => void) => {
				since.place ||= clock.now();
				if (!hasPlace && !app.takesPlace(namespace)) return ended(namespaceQueued());
				if (!hasPlace) waited("place");
				hasPlace = true;
				const session = await sessions();
				if (session instanceof Fault) return ended(session);
				waited("session");
				places.sessions[server]!.add();
				const room = await writes(versions);
				if (room instanceof Fault) {
					places.sessions[server]!.take();
					given(session);
					return ended(room);
				}
				waited("writes");
				clock.after(durationOf("switch"), () => {
					tally.step("switch");
					asked(vault, vaultCallsOf("switch"));
					stored(versions / 2);
					places.sessions[server]!.take();
					given(room);
					given(session);
					if (clock.now() >= secrets.expires[one]!) tally.runs.expired++;
					const over = clock.now() - secrets.created[one]! - entry.rotateEveryDays * day;
					if (over > tally.longestOverPeriodMs) tally.longestOverPeriodMs = over;
					secrets.renew(one, clock.now());
					announce(one);
					ended();
				});
			};
			tried(app, "switch", work, (failed) => (failed ? finish(() => tally.runs.skipped++) : deliver()));
		}

		function deliver(): void {
			const delivery = deliveries[Math.floor(random() * deliveries.length)]!;
			const delivering = places.namespaces[namespace]!;
			delivering.add();
			app.acts(2);
			let at = 0;
			const look = () => {
				const now = delivery.looks[at++];
				if (!now) {
					for (const { steps } of delivery.looks) for (const counted of steps) tally.step(counted);
					tally.activities += delivery.activities;
					delivering.take();
					return finish(ended);
				}
				app.acts(now.actions);
				asked(vault, now.vaultCalls);
				app.perform(now.ms, now.pauseMs, look);
			};
			look();
		}

		function ended(): void {
			const late = clock.now() - due;
			const day = today();
			tally.runs.rotations++;
			tally.late.push(late);
			day.rotations++;
			day.longestLateMs = Math.max(day.longestLateMs, late);
		}
	}

	const given = (room: Disposable) => {
		room[Symbol.dispose]();
		clock.settle();
	};

	function planned(one: number, seenVersion: string) {
		const now = clock.now();
		const waits = held(now, secrets.expires[one]!);
		return decide({
			now: new Date(now),
			trigger: { seenVersion, force: false },
			live: {
				state: "present",
				version: `${secrets.version[one]}`,
				created: new Date(secrets.created[one]!),
				expires: new Date(secrets.expires[one]!),
			},
			standing: { state: "in-order" },
			obstacles: [],
			rotateEveryDays: entry.rotateEveryDays,
			expiryMarginDays: entry.expiryMarginDays,
			spread: secrets.spread[one]!,
			...(waits && { held: waits }),
		});
	}

	/** One that runs already is not started again. */
	function request(one: number, by: By): boolean {
		if (secrets.isRunning[one]) return false;
		secrets.isRunning[one] = 1;
		tally.startedBy[by]++;
		tally.step("request");
		run(one);
		return true;
	}

	/** The vault reports each version to it once, unless a newer one is live by then. */
	function announce(one: number): void {
		const version = secrets.version[one];
		const at = secrets.expires[one]! - nearExpiryDays * day + random() * deliveredMs;
		if (at < start) return;
		clock.at(at, () => {
			if (secrets.version[one] === version) request(one, "event");
		});
	}

	return { request, announce, held };
}
