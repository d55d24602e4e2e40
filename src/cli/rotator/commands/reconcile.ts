// Repairs drift: the plan first, then the order for the very version that the plan has shown.

import { command } from "../command.ts";
import { confirmedByName, saysName } from "../confirm.ts";
import { connect } from "../connect.ts";
import { exitOf, exits } from "../exits.ts";
import { checkOrder, ordered, ordering, placed, planned } from "../order.ts";
import { usage } from "../parse.ts";

const directions = ["database-from-vault", "new-password"] as const;

export const reconcile = command({
	summary: "Repair drift, in the direction that you give",
	details: `It shows the plan, asks for the secret's name, and then does it, if the live version is still the one that the plan has shown.
database-from-vault: the vault is right. new-password: neither side is to be kept. The runbook says which, for each finding.`,
	takes: [{ name: "NAME" }],
	options: {
		direction: { type: "string", value: "SIDE", choices: directions, what: "Which side is right." },
		"dry-run": { type: "boolean", what: "Only the plan." },
		...saysName,
		...ordering,
	},
	examples: [
		["rotator reconcile db-password --direction database-from-vault --dry-run --wait", "what would be changed"],
		[
			'rotator reconcile db-password --direction database-from-vault --reason "the server was restored" --wait',
			"shows it, asks, and does it",
		],
	],
	operations: ["startReconciliation", "showRotation"],
	async run({ takes: { NAME: name = "" }, options }, around) {
		checkOrder(options);
		const { direction, reason, "dry-run": dryRun = false } = options;
		if (direction === undefined)
			throw usage(
				"reconcile needs --direction.",
				`Give one of: ${directions.join(", ")}; the runbook says which (Drift).`,
			);
		const call = connect(options, around);
		const plan = await placed(call, "startReconciliation", { name, body: { direction, reason, dryRun: true } }, around);
		if (dryRun) return ordered(call, plan.body, options, around);
		const found = await planned(call, plan.body, around);
		if (!found) return exits.waiting;
		if (found.outcome !== "planned") return exitOf(found);
		if (!(await confirmedByName(`${name} is reconciled: ${direction}.`, name, options, around))) return exits.usage;
		const version = direction === "database-from-vault" ? found.previousVersion : undefined;
		const { body } = await placed(
			call,
			"startReconciliation",
			{ name, body: { direction, reason, dryRun: false, version } },
			around,
		);
		return ordered(call, body, options, around);
	},
});
