// One secret: all that is known of it.

import type { Secret } from "../answers.ts";
import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { didYouMean } from "../nearest.ts";
import { usage } from "../parse.ts";
import { print, printing, stdoutLook } from "../say.ts";
import { facts } from "../table.ts";
import { type Look, plain } from "../terminal.ts";
import { daysText, timeText } from "../times.ts";
import { problemLines } from "../watch/tree.ts";

export const show = command({
	summary: "One secret: its dates, how it fares, what runs, what is wrong and what to do",
	takes: [{ name: "NAME" }],
	options: { ...printing, ...connecting },
	examples: [
		["rotator show db-password", "for people"],
		["rotator show db-password -o json", "every field"],
	],
	operations: ["listSecrets"],
	async run({ takes: { NAME: name = "" }, options }, around) {
		const { body } = await connect(options, around)("listSecrets", {});
		const found = body.secrets.find(({ secret }) => secret === name);
		if (!found) {
			const known = body.secrets.map(({ secret }) => secret);
			throw usage(`No secret ${name} is managed.${didYouMean(name, known)}`, "List them: rotator secrets");
		}
		print(
			around,
			options.output,
			found,
			[found],
			({ secret }) => secret,
			() => shown(found, stdoutLook(around), around.now()),
		);
		return exits.done;
	},
});

function shown(found: Secret, look: Look, now: Date): string {
	const { secret, vault, name, strategy, derived, consumers, state, version, expires, dueAt, health, running } = found;
	const { bold, good, bad } = look;
	const date = (iso?: string) => iso && `${timeText(iso)} (${daysText(iso, now)})`;
	const paint = health.state === "healthy" ? good : bad;
	const rows = facts(
		[
			["health", `${paint(plain(health.state))}${health.code ? ` (${plain(health.code)})` : ""}`],
			["state", plain(state)],
			["due", plain(date(dueAt))],
			["expires", expires ? plain(date(expires)) : "never"],
			["live version", plain(version)],
			["stored as", plain(`${name} in ${vault}`)],
			["strategy", plain(strategy)],
			["derived", plain(derived.join(", "))],
			["workloads", plain(consumers.join(", "))],
			["running", running && plain(`${running.kind} ${running.rotationId}: ${running.now ?? ""}`)],
			["last run", runText(found.lastRun ?? found.last)],
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
	const next = running ? [`Follow it: rotator watch ${running.rotationId}`] : [];
	return [bold(plain(secret)), rows.trimEnd(), ...wrong, ...next].join("\n").concat("\n");
}

const runText = (run: Secret["last"]): string | undefined =>
	run &&
	plain(
		`${run.kind} ${[run.outcome, run.code].filter(Boolean).join(", ")}${run.endedAt ? ` at ${timeText(run.endedAt)}` : ""}  ${run.rotationId}`,
	);
