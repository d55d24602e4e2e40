// One secret, looked at now.

import type { EndedRun, Secret } from "../answers.ts";
import type { Around } from "../around.ts";
import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { foldedText } from "../fold.ts";
import { asStarted, print, printing, stdoutLook } from "../say.ts";
import { facts, table } from "../table.ts";
import { type Look, plain } from "../terminal.ts";
import { daysText, timeText } from "../times.ts";
import { problemLines } from "../watch/tree.ts";
import { runColumns } from "./history.ts";

const lastRuns = "5";

export const show = command({
	summary: "One secret, looked at now: what is wrong, what to do, its last runs",
	takes: [{ name: "NAME" }],
	options: { ...printing, ...connecting },
	examples: [
		["rotator show db-password", "for people"],
		["rotator show db-password -o json", "every field"],
	],
	operations: ["showSecret", "listRotationsOf"],
	async run({ takes: { NAME: name = "" }, options }, around) {
		const call = connect(options, around);
		const { body } = await call("showSecret", { name });
		const forPeople = options.output === undefined || options.output === "table";
		const runs = forPeople ? (await call("listRotationsOf", { name, query: { limit: lastRuns } })).body.rotations : [];
		const shown = () => shownSecret(body, runs, stdoutLook(around), around);
		print(around, options.output, body, [body], ({ secret }) => secret, shown);
		return exits.done;
	},
});

/** How many pods prove the live version at this moment; those that do not, by name. */
function podsText({ workload, pods, problem }: NonNullable<Secret["workloads"]>[number]): string {
	if (problem) return `${workload}: ${problem.message}`;
	const others = pods.filter(({ proved }) => !proved).map(({ pod }) => pod);
	const left = others.length === 0 ? "" : ` (not ${others.join(", ")})`;
	return `${workload}: ${pods.length - others.length} of ${pods.length} prove it${left}`;
}

function shownSecret(found: Secret, runs: readonly EndedRun[], look: Look, { now, env }: Around): string {
	const { secret, vault, name, strategy, derived, consumers, state, version, expires, dueAt, health, running } = found;
	const { bold, good, bad } = look;
	const date = (iso?: string) => iso && `${timeText(iso)} (${daysText(iso, now())})`;
	const rows = facts(
		[
			["health", `${health.state}${health.code ? ` (${health.code})` : ""}`, health.state === "healthy" ? good : bad],
			["state", state],
			["due", date(dueAt)],
			["expires", expires ? date(expires) : "never"],
			["live version", version],
			["stored as", `${name} in ${vault}`],
			["strategy", strategy],
			["derived", derived.join(", ")],
			["workloads", consumers.join(", ")],
			["pods now", found.workloads?.map(podsText).join("; ")],
			["running", running && runningText(running)],
		],
		look,
	);
	const wrong = [
		...(running?.retrying ? problemLines(`retrying ${running.retrying.step}`, running.retrying, bad) : []),
		...(found.problem ? problemLines("problem", found.problem, bad) : []),
		...(found.unretired ? problemLines("still open", found.unretired.problem, bad) : []),
		...(found.drift?.findings ?? []).flatMap((one) => problemLines("drift", one, bad)),
		...(found.cutShort ? ["  A rotation was cut short; the next trigger or sweep goes on with it."] : []),
	];
	const history = runs.length === 0 ? [] : ["", table(runColumns, runs, look).trimEnd()];
	const next = running ? [`Follow it: ${asStarted(`rotator watch ${plain(running.rotationId)}`, env)}`] : [];
	return foldedText([bold(plain(secret)), rows.trimEnd(), ...wrong, ...history, ...next], look.columns);
}

const runningText = ({ kind, rotationId, now = "", long }: NonNullable<Secret["running"]>): string =>
	`${kind} ${rotationId}${long ? ", longer than expected" : ""}: ${now}`;
