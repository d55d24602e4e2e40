// Approves an order of somebody else's: its plan first, then the decision.

import { approvalText, stored } from "../approval.ts";
import { command } from "../command.ts";
import { confirmed, saysYes } from "../confirm.ts";
import { connect } from "../connect.ts";
import { exits } from "../exits.ts";
import { checkOrder, ordering } from "../order.ts";
import { usage } from "../parse.ts";
import { print, stderrLook, stdoutLook, tell } from "../say.ts";
import { watch } from "../watch/watch.ts";

export const approve = command({
	summary: "Approve an order of somebody else's, which starts it",
	details: `It shows the plan and asks. It takes the app role Rotation.Approve, a person's sign-in, and another person than asked. The
rotation begins if its plan is still the one that was shown.`,
	takes: [{ name: "ID" }],
	options: { ...saysYes, ...ordering },
	examples: [
		[
			"rotator approve db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3 --reason 'agreed with the team on call'",
			"shows the plan, and asks",
		],
		["rotator approve $ID --yes --reason CHG-1912 --wait", "and follows the rotation to its end"],
	],
	operations: ["showApproval", "approve", "showRotation"],
	async run({ takes: { ID: id = "" }, options }, around) {
		checkOrder(options);
		const { reason, output } = options;
		if (reason === undefined) throw usage("--reason is missing.", "Say why; it is on the audit log.");
		const call = connect(options, around);
		const seen = await stored(call, id);
		around.stderr.write(approvalText(seen, stderrLook(around)));
		if (!(await confirmed(`Approve this, and start it?`, options, around))) return exits.usage;
		const { body } = await call("approve", { id: seen.id, body: { reason } });
		const waits = options.wait || options.until !== undefined || options.timeout !== undefined;
		if (waits) return watch(call, body.rotationId, options, around);
		print(
			around,
			output,
			body,
			[body],
			({ rotationId }) => rotationId,
			() => approvalText(body, stdoutLook(around)),
		);
		tell(around, `Follow it: rotator watch ${body.rotationId}`);
		return exits.done;
	},
});
