// Brings the live version to its consumers again.

import { command } from "../command.ts";
import { confirmed, saysYes } from "../confirm.ts";
import { connect } from "../connect.ts";
import { exits } from "../exits.ts";
import { checkOrder, ordered, ordering, placed } from "../order.ts";

export const deliver = command({
	summary: "Bring the live version to its workloads again, without a new password",
	details:
		"After published-not-delivered, once what kept the workload from it is corrected. Workloads that do not have it yet are rolled.",
	takes: [{ name: "NAME" }],
	options: {
		"dry-run": { type: "boolean", what: "Show the plan and each check, and change nothing." },
		...saysYes,
		...ordering,
	},
	examples: [
		["rotator deliver db-password --wait", "asks, then shows it until every pod proves the version"],
		["rotator deliver db-password --yes --wait --timeout 20m", "for scripts"],
	],
	operations: ["startDelivery", "showRotation"],
	async run({ takes: { NAME: name = "" }, options }, around) {
		checkOrder(options);
		const call = connect(options, around);
		const { "dry-run": dryRun = false, reason } = options;
		if (!dryRun && !(await confirmed(`Deliver ${name} to its workloads again?`, options, around))) return exits.usage;
		const { body } = await placed(call, "startDelivery", { name, body: { reason, dryRun } }, around);
		return ordered(call, body, options, around);
	},
});
