// Opens the app's page.

import { secretOfRotation } from "../../../lib/domain/ids.ts";
import { command } from "../command.ts";
import { addressOf, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { openInBrowser } from "../opener.ts";
import { isLive } from "../terminal.ts";

export const open = command({
	summary: "Open the app's page in the browser, at a secret or a rotation",
	details: "The address is printed, too. Where there is no terminal, or with --print, it is printed only.",
	takes: [{ name: "NAME or ID", optional: true }],
	options: {
		print: { type: "boolean", what: "Print the address, and open nothing." },
		url: connecting.url,
	},
	examples: [
		["rotator open", "what needs a person, what runs, and all secrets"],
		["rotator open db-password", "one secret"],
		["rotator open $ID --print", "a rotation's address, for a message"],
	],
	operations: [],
	async run({ takes: { "NAME or ID": what }, options: { url, print } }, around) {
		const address = `${addressOf(url ?? around.env.ROTATOR_URL)}/${placeOf(what)}`;
		around.stdout.write(`${address}\n`);
		if (!print && isLive(around.stdout, around.env)) openInBrowser(address, around);
		return exits.done;
	},
});

/** As the page reads it. */
function placeOf(what: string | undefined): string {
	if (what === undefined) return "";
	const list = secretOfRotation(what) === undefined ? "secrets" : "rotations";
	return `#/${list}/${encodeURIComponent(what)}`;
}
