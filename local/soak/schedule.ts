// Which rotation comes when, in which lane, who asks for it, and what goes wrong meanwhile: all of it from the seed.
// SD1. Pure: the same numbers give the same schedule on any machine. Otherwise: a run that found something cannot be
//      repeated. Kept by: soak.test.ts.
// SD2. The kinds of fault are dealt like cards: each comes once before any comes again. Otherwise: a run of chance has
//      ten kills and no cut, and its table proves less than it seems to.

import { allKinds, type FaultKind, kindOf, type LaneFacts, type Moment } from "./kinds.ts";

export interface PlannedFault {
	readonly kind: FaultKind;
	readonly at: Moment;
	/** After that moment, in milliseconds. */
	readonly afterMs: number;
	readonly lastsMs: number;
	/** 0 to 1: chooses between the variants that a kind has. */
	readonly choice: number;
}

export interface PlannedRotation {
	/** 1 is the first of the whole run. */
	readonly number: number;
	/** Name of the lane's secret. */
	readonly lane: string;
	readonly trigger: "event" | "operator" | "sweep";
	readonly faults: readonly PlannedFault[];
}

/** Of five rotations one delivers to a workload. */
const deliveringEvery = 5;
/** So many rotations of a hundred have no fault, one, two. */
const shares = { none: 0.25, one: 0.6 };
/** Longest time after its moment: a delivery takes seconds, everything else is over in one. */
const spreadMs = { switch: 350, delivery: 6_000 };

/** @param lanes the first delivers; the others take turns */
export function scheduleOf(rotations: number, seed: number, lanes: readonly LaneFacts[]): PlannedRotation[] {
	const random = mulberry32(seed);
	const [first, ...others] = lanes;
	if (!first) throw new Error("a schedule needs a lane");
	let deck: FaultKind[] = [];
	let turn = 0;

	const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
	const between = ([least, most]: readonly [number, number]) => Math.round(least + random() * (most - least));
	const deal = (lane: LaneFacts, taken: readonly FaultKind[]): FaultKind => {
		const fits = (kind: FaultKind) => !taken.includes(kind) && (kindOf(kind).fits?.(lane) ?? true);
		if (!deck.some(fits)) deck = [...deck, ...shuffled(allKinds, random)];
		return deck.splice(deck.findIndex(fits), 1)[0] as FaultKind;
	};
	const faultFor = (lane: LaneFacts, taken: readonly FaultKind[]): PlannedFault => {
		const kind = deal(lane, taken);
		const { moments, lastsMs, promptly } = kindOf(kind);
		const at = pick(moments);
		const spread = at === "published" && lane.delivers ? spreadMs.delivery : spreadMs.switch;
		return { kind, at, afterMs: promptly ? 0 : between([0, spread]), lastsMs: between(lastsMs), choice: random() };
	};

	return Array.from({ length: rotations }, (_, index) => {
		const lane =
			others.length === 0 || index % deliveringEvery === 0 ? first : (others[turn++ % others.length] as LaneFacts);
		const drawn = random();
		const count = drawn < shares.none ? 0 : drawn < shares.none + shares.one ? 1 : 2;
		const faults: PlannedFault[] = [];
		while (faults.length < count)
			faults.push(
				faultFor(
					lane,
					faults.map(({ kind }) => kind),
				),
			);
		const asked = faults.flatMap(({ kind }) => kindOf(kind).trigger ?? [])[0];
		return {
			number: index + 1,
			lane: lane.name,
			trigger: asked ?? pick(["event", "event", "operator", "sweep"]),
			faults,
		};
	});
}

/** How often each kind is planned. */
export function countOf(schedule: readonly PlannedRotation[]): Record<FaultKind, number> {
	const counts = Object.fromEntries(allKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
	for (const { faults } of schedule) for (const { kind } of faults) counts[kind]++;
	return counts;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
	const left = [...items];
	return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as T);
}

/** @returns numbers from 0 to below 1. @see https://github.com/cprosche/mulberry32 */
export function mulberry32(seed: number): () => number {
	let state = seed | 0;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}
