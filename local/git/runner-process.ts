// The small process of runner.ts: it starts git, and ends when the process that started it does.

import { spawn } from "node:child_process";

export interface Asked {
	readonly id: number;
	readonly args: readonly string[];
	readonly env: Readonly<Record<string, string | undefined>>;
	/** Its standard input; none when absent. */
	readonly input?: Uint8Array | string;
}

export interface Ran {
	readonly code: number;
	readonly out: Buffer;
	readonly error: string;
}

process.on("message", ({ id, args, env, input }: Asked) => {
	const child = spawn("git", args, { env: { ...env } });
	const [out, errors]: [Buffer[], Buffer[]] = [[], []];
	child.stdout.on("data", (part) => out.push(part));
	child.stderr.on("data", (part) => errors.push(part));
	// git may end before it has read everything, and says why.
	child.stdin.on("error", () => {});
	child.stdin.end(input);
	const told = (code: number, error: string) =>
		process.send?.({ id, ran: { code, out: Buffer.concat(out), error } satisfies Ran });
	child.on("error", ({ message }) => told(-1, message));
	child.on("close", (code) => told(code ?? -1, Buffer.concat(errors).toString().trim()));
});
process.on("disconnect", () => process.exit());
