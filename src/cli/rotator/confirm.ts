// Before something is changed: yes, or the secret's name where it is dangerous.
// RCN1. Where nobody can be asked, and no option answers, nothing is done: wrong arguments. Otherwise: a job hangs at a question that
//      nobody sees. Kept by: confirm.test.ts.
// RCN2. What is dangerous wants the very name; `--yes` is not enough. Otherwise: the habit of typing y rolls back production.

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Around } from "./around.ts";
import type { Values } from "./command.ts";
import { usage } from "./parse.ts";
import { tell } from "./say.ts";
import { isLive } from "./terminal.ts";

export const saysYes = { yes: { type: "boolean", short: "y", what: "Do not ask." } } as const;
export const saysName = {
	confirm: { type: "string", value: "NAME", what: "Do not ask: the secret's name once more." },
} as const;

/** @returns whether to go on */
export async function confirmed(what: string, { yes }: Values<typeof saysYes>, around: Around): Promise<boolean> {
	if (yes) return true;
	mayAsk("--yes", around);
	const answer = await ask(`${what} [y/N] `, around);
	return /^y(es)?$/i.test(answer.trim()) || nothingDone(around);
}

/** @returns whether to go on */
export async function confirmedByName(
	what: string,
	secret: string,
	{ confirm }: Values<typeof saysName>,
	around: Around,
): Promise<boolean> {
	if (confirm === secret) return true;
	if (confirm !== undefined)
		throw usage("--confirm does not name this secret.", `Give --confirm ${secret}, if you mean it.`);
	mayAsk(`--confirm ${secret}`, around);
	const answer = await ask(`${what}\nType the secret's name to go on: `, around);
	return answer.trim() === secret || nothingDone(around);
}

function nothingDone(around: Around): false {
	tell(around, "Nothing was done.");
	return false;
}

function mayAsk(option: string, { stdin, stderr, env }: Around): void {
	if (isLive(stdin, env) && isLive(stderr, env)) return;
	throw usage("This needs a confirmation, and there is no terminal to ask on.", `Give ${option}.`);
}

async function ask(question: string, { stdin, stderr, onInterrupt }: Around): Promise<string> {
	const output = new Writable({
		write(chunk, _encoding, done) {
			stderr.write(String(chunk));
			done();
		},
	});
	const stop = new AbortController();
	const forget = onInterrupt(() => stop.abort());
	const lines = createInterface({ input: stdin, output, terminal: false });
	lines.once("close", () => stop.abort());
	try {
		// The end of the input, and Ctrl-C, are a no.
		return await lines.question(question, { signal: stop.signal }).catch(() => "");
	} finally {
		forget();
		lines.close();
	}
}
