// Lists the managed secrets.

import type { Secret } from "../answers.ts";
import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { print, printing, stdoutLook } from "../say.ts";
import { type Column, table } from "../table.ts";
import type { Look } from "../terminal.ts";
import { daysText, dayText } from "../times.ts";

export const secrets = command({
	summary: "The managed secrets: when they are due, and how they fare",
	takes: [],
	options: { ...printing, ...connecting },
	examples: [
		["rotator secrets", "as a table"],
		[
			"rotator secrets -o json | jq -r '.secrets[] | select(.health.state != \"healthy\") | .secret'",
			"those that need a person",
		],
	],
	operations: ["listSecrets"],
	async run({ options }, around) {
		const call = connect(options, around);
		const { body } = await call("listSecrets", {});
		const look = stdoutLook(around);
		const shown = () =>
			body.secrets.length === 0 ? "No secret is managed.\n" : table(columns(around.now()), body.secrets, look);
		print(around, options.output, body, body.secrets, ({ secret }) => secret, shown);
		return exits.done;
	},
});

const columns = (now: Date): readonly Column<Secret>[] => [
	{ title: "SECRET", of: ({ secret }) => secret, least: 16 },
	{
		title: "HEALTH",
		of: ({ health }) => health.state,
		paint: ({ health }, look) => paintOf(health.state === "healthy", look),
	},
	{ title: "STATE", of: ({ state }) => state, paint: ({ state }, look) => paintOf(state === "compliant", look) },
	{ title: "DUE", of: ({ dueAt }) => (dueAt ? daysText(dueAt, now) : "-") },
	{ title: "EXPIRES", of: ({ expires }) => (expires ? dayText(expires) : "never"), spare: 1 },
	{ title: "NOW", of: nowOf, least: 12, cut: "end" },
	{ title: "STRATEGY", of: ({ strategy }) => strategy, spare: 3 },
	{ title: "WORKLOADS", of: ({ consumers }) => consumers.join(", "), least: 20, cut: "end", spare: 2 },
];

const paintOf = (isGood: boolean, { good, bad }: Look) => (isGood ? good : bad);

const nowOf = ({ running, health, last }: Secret): string => {
	if (running?.retrying) return `${running.kind}: retrying ${running.retrying.step} (${running.retrying.code})`;
	if (running) return `${running.kind}: ${running.now ?? "running"}`;
	if (health.code) return health.code;
	return last?.outcome ? `last: ${last.kind} ${last.outcome}` : "-";
};
