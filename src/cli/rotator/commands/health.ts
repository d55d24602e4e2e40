// The app's own health.

import type { AppHealth } from "../answers.ts";
import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { foldedText } from "../fold.ts";
import { print, printing, stdoutLook } from "../say.ts";
import { facts } from "../table.ts";
import type { Look } from "../terminal.ts";
import { timeText } from "../times.ts";
import { problemLines } from "../watch/tree.ts";

export const health = command({
	summary: "The app's own health, and what it cannot reach",
	details: "Exit code 0: healthy. 1: something is wrong, and it says what.",
	takes: [],
	options: { ...printing, ...connecting },
	examples: [
		["rotator health", "for people"],
		["rotator health -o json", "for a probe"],
	],
	operations: ["showHealth"],
	async run({ options }, around) {
		const { body } = await connect(options, around)("showHealth", {});
		print(
			around,
			options.output,
			body,
			[body],
			({ status }) => status,
			() => shown(body, stdoutLook(around)),
		);
		return body.status === "healthy" ? exits.done : exits.endedBadly;
	},
});

function shown(
	{ status, version, configuration, freezes, lastSweep, backups, problems }: AppHealth,
	look: Look,
): string {
	const { valid, hash, secrets } = configuration;
	const rows = facts(
		[
			["status", status, status === "healthy" ? look.good : look.bad],
			["version", version],
			valid
				? [
						"configuration",
						`valid${secrets === undefined ? "" : `, ${secrets} ${secrets === 1 ? "secret" : "secrets"}`}`,
					]
				: ["configuration", "not valid", look.bad],
			["its SHA-256", hash],
			["freezes", freezes ? `${freezes} on: rotator freeze --list` : undefined, look.busy],
			["last sweep", lastSweep ? timeText(lastSweep.at) : "none yet"],
			["backups", backups && backupsText(backups), backups?.lacking ? look.bad : undefined],
			["another one", lastSweep && !lastSweep.complete ? "is under way, or was cut short" : undefined],
		],
		look,
	);
	return foldedText(
		[rows.trimEnd(), ...problems.flatMap((one) => problemLines("problem", one, look.bad))],
		look.columns,
	);
}

const backupsText = ({ current, lacking }: NonNullable<AppHealth["backups"]>): string =>
	`${current} of ${current + lacking} secrets have one of their live version`;
