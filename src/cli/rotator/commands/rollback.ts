// Makes an earlier value live again: the plan first, then the order for the very version that the plan has shown.

import { command } from "../command.ts";
import { confirmedByName, saysName } from "../confirm.ts";
import { connect } from "../connect.ts";
import { exitOf, exits } from "../exits.ts";
import { breakingGlass, checkOrder, ordered, ordering, placed, planned } from "../order.ts";
import { usage } from "../parse.ts";

export const rollback = command({
	summary: "Make an earlier value live again, as a new version",
	details: `It shows the plan, asks for the secret's name, and then does it, if the live version is still the one that the plan has shown.
Never go back to a password that has leaked: rotate it with --compromised.`,
	takes: [{ name: "NAME" }],
	options: {
		to: { type: "string", value: "VERSION", what: "Whose value; else the newest earlier one with another value." },
		"dry-run": { type: "boolean", what: "Only the plan." },
		...breakingGlass,
		...saysName,
		...ordering,
	},
	examples: [
		["rotator rollback db-password --dry-run --wait", "which version would come back, and what that would touch"],
		['rotator rollback db-password --reason "reports cannot log in" --wait', "shows it, asks, and does it"],
	],
	operations: ["startRollback", "showRotation"],
	async run({ takes: { NAME: name = "" }, options }, around) {
		checkOrder(options);
		const { to, reason, "dry-run": dryRun = false, "break-glass": breakGlass } = options;
		if (to !== undefined && !/^[0-9a-f]{32}$/.test(to))
			throw usage("--to is not a version.", "Give 32 hex digits, as the plan shows them.");
		const call = connect(options, around);
		const plan = await placed(call, "startRollback", { name, body: { to, reason, dryRun: true } }, around);
		if (dryRun) return ordered(call, plan.body, options, around);
		const found = await planned(call, plan.body, around);
		if (!found) return exits.waiting;
		if (found.outcome !== "planned") return exitOf(found);
		const what = `${name} gets the value of version ${found.broughtBack ?? "(see above)"} again.`;
		if (!(await confirmedByName(what, name, options, around))) return exits.usage;
		const seen = { to: found.broughtBack ?? to, version: found.previousVersion };
		const { body } = await placed(
			call,
			"startRollback",
			{ name, body: { ...seen, reason, dryRun: false, breakGlass } },
			around,
		);
		return ordered(call, body, options, around);
	},
});
