// The processes of this machine that belong to a test: other people's run at the same time.

import { processes } from "../../../local/leaks/processes.ts";

/** Those whose arguments, or (on Linux and macOS) environment, name this folder. */
export async function processesNaming(folder: string): Promise<string[]> {
	return (await processes())
		.map(({ pid, arguments: args, environment = "" }) => ({
			pid,
			text: `${args} ${environment}`.replaceAll("\n", " "),
		}))
		.filter(({ pid, text }) => pid !== process.pid && text.includes(folder))
		.map(({ pid, text }) => `${pid} ${text.slice(0, 300)}`);
}
