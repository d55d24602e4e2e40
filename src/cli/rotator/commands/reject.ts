// Rejects an order.

import { wrongWithReason } from "../../../lib/domain/reason.ts";
import { approvalText, stored } from "../approval.ts";
import { command } from "../command.ts";
import { confirmed, saysYes } from "../confirm.ts";
import { connect, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { usage } from "../parse.ts";
import { print, printing, stderrLook, stdoutLook } from "../say.ts";

export const reject = command({
	summary: "Reject an order that waits for an approval",
	details:
		"It shows the plan and asks. It takes the app role Rotation.Approve and a person's sign-in; your own order may be one.",
	takes: [{ name: "ID" }],
	options: {
		reason: { type: "string", value: "TEXT", what: "Why, for the audit log: a sentence or a ticket's address." },
		...saysYes,
		...printing,
		...connecting,
	},
	examples: [["rotator reject $ID --reason 'not before the release'", "shows the plan, and asks"]],
	operations: ["showApproval", "reject"],
	async run({ takes: { ID: id = "" }, options }, around) {
		const { reason, output } = options;
		if (reason === undefined) throw usage("--reason is missing.", "Say why; it is on the audit log.");
		const wrong = wrongWithReason(reason);
		if (wrong) throw usage(`--reason ${wrong}.`, "");
		const call = connect(options, around);
		const seen = await stored(call, id);
		around.stderr.write(approvalText(seen, stderrLook(around)));
		if (!(await confirmed("Reject this?", options, around))) return exits.usage;
		const { body } = await call("reject", { id: seen.id, body: { reason } });
		print(
			around,
			output,
			body,
			[body],
			(one) => one.id,
			() => approvalText(body, stdoutLook(around)),
		);
		return exits.done;
	},
});
