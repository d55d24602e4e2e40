// Takes an order back that has changed nothing yet.

import { secretOfRotation } from "../../../lib/domain/ids.ts";
import { command } from "../command.ts";
import { confirmedByName, saysName } from "../confirm.ts";
import { connect } from "../connect.ts";
import { exits } from "../exits.ts";
import { checkOrder, ordering } from "../order.ts";
import { print, stdoutLook, tell } from "../say.ts";
import { treeText } from "../watch/tree.ts";
import { watch } from "../watch/watch.ts";

export const cancel = command({
	summary: "Stop a rotation or rollback that has changed nothing yet",
	details: `Exit code 0: it is cancelled. 3: it has not seen that yet, and stops at its next try if nothing is changed by then. 1: it is too late;
a rollback brings the value before.`,
	takes: [{ name: "ID" }],
	options: { ...saysName, ...ordering },
	examples: [
		[
			"rotator cancel db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3 --reason 'the wrong secret'",
			"asks for the secret's name",
		],
		["rotator cancel $ID --confirm db-password --wait", "for scripts: waits until it is over"],
	],
	operations: ["cancelRotation", "showRotation"],
	async run({ takes: { ID: id = "" }, options }, around) {
		checkOrder(options);
		const call = connect(options, around);
		if (!(await confirmedByName(`${id} is taken back.`, secretOfRotation(id)!, options, around))) return exits.usage;
		const { status, body } = await call("cancelRotation", { id, body: { reason: options.reason } });
		if (status === 202) {
			tell(around, "It has not seen that yet: it stops at its next try, if nothing is changed by then.");
			if (options.wait) {
				const code = await watch(call, id, options, around);
				return code === exits.waiting ? code : outcomeOf((await call("showRotation", { id })).body.outcome);
			}
		}
		const shown = () => treeText(body, stdoutLook(around), around.now());
		print(around, options.output, body, [body], ({ rotationId }) => rotationId, shown);
		if (status === 202) tell(around, `Follow it: rotator watch ${id}`);
		return status === 202 ? exits.waiting : exits.done;
	},
});

const outcomeOf = (outcome: string | undefined): number => (outcome === "cancelled" ? exits.done : exits.endedBadly);
