// Rotates a secret.

import { command } from "../command.ts";
import { confirmed, confirmedByName, saysName, saysYes } from "../confirm.ts";
import { connect } from "../connect.ts";
import { exits } from "../exits.ts";
import { breakingGlass, checkOrder, ordered, ordering, placed } from "../order.ts";

export const rotate = command({
	summary: "Rotate a secret that is due, or any with --force",
	details: `A secret that is not due ends as skipped. Without --wait it says where the rotation is to be seen. With --force or --compromised
the secret's name has to be typed, or given by --confirm.`,
	takes: [{ name: "NAME" }],
	options: {
		"dry-run": { type: "boolean", what: "Show the plan and each check, and change nothing." },
		force: { type: "boolean", what: "A new password although none is due." },
		compromised: {
			type: "boolean",
			what: "Somebody else knows the live one: replace it at once, and close what it opens.",
		},
		...saysYes,
		...breakingGlass,
		...saysName,
		...ordering,
	},
	examples: [
		["rotator rotate db-password --dry-run --wait", "what would happen, check by check"],
		[
			"rotator rotate db-password --wait --reason INC-4711",
			"asks, rotates if it is due, and shows it until every pod proves it",
		],
		["rotator rotate db-password --yes -o name", "for scripts: the rotation's id, to be watched later"],
		[
			"rotator rotate db-password --compromised --confirm db-password --reason INC-4711 --wait",
			"the live password has leaked",
		],
	],
	operations: ["startRotation", "showRotation"],
	async run({ takes: { NAME: name = "" }, options }, around) {
		checkOrder(options);
		const call = connect(options, around);
		const {
			"dry-run": dryRun = false,
			force = false,
			compromised = false,
			reason,
			"break-glass": breakGlass,
		} = options;
		const may = dryRun
			? true
			: force || compromised || breakGlass
				? await confirmedByName(
						compromised
							? `${name} gets a new password at once, and what the old one opens is closed.`
							: `${name} gets a new password although none may be due.`,
						name,
						options,
						around,
					)
				: await confirmed(`Rotate ${name}?`, options, around);
		if (!may) return exits.usage;
		const { body } = await placed(
			call,
			"startRotation",
			{ name, body: { reason, dryRun, force, compromised, breakGlass } },
			around,
		);
		return ordered(call, body, options, around);
	},
});
