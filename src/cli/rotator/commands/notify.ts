// Tries a channel of notifications.

import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { print, printing } from "../say.ts";
import { plain } from "../terminal.ts";

export const notify = command({
	summary: "Send a test to a channel of notifications",
	details: "Exit code 0: its receiver has taken it. 1: it has not, and the problem says why. It is tried once.",
	takes: [{ name: "CHANNEL" }],
	options: { ...printing, ...connecting },
	examples: [["rotator notify ops", "the channel `ops` of the configuration"]],
	operations: ["testNotification"],
	async run({ takes: { CHANNEL: channel = "" }, options }, around) {
		const call = connect(options, around);
		const { body } = await call("testNotification", { channel, body: {} });
		print(
			around,
			options.output,
			body,
			[body],
			(one) => one.id,
			() => `${plain(`Channel ${body.channel} (${body.kind}) has taken a test at ${body.sentAt}.`)}\n`,
		);
		return exits.done;
	},
});
