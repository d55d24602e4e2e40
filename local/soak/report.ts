// What a soak says: a line a rotation, a table at the end, and the same as an object.

import { styleText } from "node:util";
import type { Counted } from "./clients.ts";
import { allKinds, type FaultKind, kindOf } from "./kinds.ts";
import type { Ended } from "./rotation.ts";
import type { PlannedRotation } from "./schedule.ts";

export interface Results {
	readonly seed: number;
	readonly lanes: number;
	/** A secret of each strategy; absent otherwise. */
	readonly mix?: true;
	readonly seconds: number;
	/** Why it ended before everything was done and checked. */
	readonly cutShort?: string;
	readonly rotations: {
		readonly planned: number;
		readonly done: number;
		/** Everything that was asked for, by how it ended. */
		readonly byOutcome: Readonly<Record<string, number>>;
	};
	readonly faults: Readonly<Record<FaultKind, { readonly planned: number; readonly injected: number }>>;
	readonly logins: Counted;
	readonly requests: Counted;
	readonly invariants: readonly { invariant: string; checked: number; broken: readonly string[] }[];
}

export const brokenIn = ({ invariants }: Results): number =>
	invariants.reduce((sum, { broken }) => sum + broken.length, 0);

const number = (value: number) => value.toLocaleString("en-GB");

/** @param paint styles a text, where the output takes that */
export function table(results: Results, paint: (style: "red" | "green" | "bold", text: string) => string): string {
	const { rotations, faults, logins, requests, invariants, cutShort } = results;
	const kinds = allKinds.filter((kind) => faults[kind].planned > 0);
	const failures = ({ attempts, failed }: Counted, gap: string[][] = []) => [
		["made", number(attempts)],
		...gap,
		["failed while the soak restarted PostgreSQL", number(failed.outage)],
		["failed otherwise", number(failed.outside)],
	];
	const all: [string, string[][]][] = [
		["Faults", kinds.map((kind) => [kindOf(kind).says, `${faults[kind].injected} of ${faults[kind].planned}`])],
		[
			"Rotations and deliveries asked for, by outcome",
			Object.entries(rotations.byOutcome).map(([k, v]) => [k, number(v)]),
		],
		["Logins as the application", failures(logins, [["failed in the gap", number(logins.failed["in the gap"])]])],
		["Requests to titanic-api", failures(requests)],
		[
			"Invariants: checked, broken",
			invariants.map((one) => [one.invariant, number(one.checked), number(one.broken.length)]),
		],
	];
	const parts = all.filter(([, rows]) => rows.length > 0);
	const width = Math.max(...parts.flatMap(([, rows]) => rows.map(([name = ""]) => name.length)));
	const lines = parts.flatMap(([title, rows]) => [
		"",
		paint("bold", title),
		...rows.map(([name = "", ...cells]) => `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join("")}`),
	]);
	const broken = invariants.flatMap((one) => one.broken.map((what) => `  ${one.invariant}: ${what}`));
	const count = brokenIn(results);
	const said = `${rotations.done} of ${rotations.planned} rotations in ${number(Math.round(results.seconds))} s, ${count} invariants broken`;
	return [
		...lines,
		"",
		...broken.map((line) => paint("red", line)),
		paint(count > 0 || cutShort !== undefined ? "red" : "green", said),
		...(cutShort === undefined ? [] : [paint("red", `Cut short, the whole is not checked: ${cutShort}`)]),
		`The same again: npm run soak -- --rotations ${rotations.planned} --seed ${results.seed} ${results.mix ? "--mix" : `--lanes ${results.lanes}`}`,
		"",
	].join("\n");
}

/** One line for one rotation. */
export function progress(planned: PlannedRotation, ended: Ended, done: number, all: number): string {
	const faults = planned.faults.map(
		({ kind, at }) => `${kind} (${at}${ended.injected.includes(kind) ? "" : ", not met"})`,
	);
	const count = `${String(done).padStart(String(all).length)}/${all}`;
	const time = `${ended.seconds.toFixed(1).padStart(6)} s`;
	return `${count}  ${ended.inTime ? "✔" : "✘"} ${time}  ${planned.lane.padEnd(15)}  ${planned.trigger.padEnd(8)}  ${faults.join(", ")}`;
}

export const painter =
	(stream: NodeJS.WriteStream) =>
	(style: "red" | "green" | "bold", text: string): string =>
		styleText(style, text, { stream });
