// Runs git from a small process of its own, which all callers here share while any of them is alive.
// RU1. A process that has hundreds of megabytes starts no child. Otherwise: each start copies its page tables, and each page that it
//      writes afterwards is copied once more; a case of the fault matrix, which asks git a hundred times, takes seconds for it.

import { type ChildProcess, fork } from "node:child_process";
import type { Asked, Ran } from "./runner-process.ts";

export interface GitRunner extends Disposable {
	/** @returns whatever its exit code is */
	run(args: readonly string[], options: Pick<Asked, "env" | "input">): Promise<Ran>;
	/** @throws where git says no, with what it said */
	text(args: readonly string[], options: Pick<Asked, "env" | "input">): Promise<string>;
}

let shared: { readonly child: ChildProcess; readonly waiting: Map<number, Waiting>; users: number } | undefined;
let asked = 0;

interface Waiting {
	readonly resolve: (ran: Ran) => void;
	readonly reject: (error: Error) => void;
}

function started(): NonNullable<typeof shared> {
	const child = fork(new URL("./runner-process.ts", import.meta.url), { serialization: "advanced", execArgv: [] });
	const waiting = new Map<number, Waiting>();
	child.on("message", ({ id, ran }: { id: number; ran: Ran }) => {
		waiting.get(id)?.resolve(ran);
		waiting.delete(id);
	});
	child.on("exit", () => {
		if (shared?.child === child) shared = undefined;
		for (const { reject } of waiting.values()) reject(new Error("The process that runs git has ended."));
	});
	return { child, waiting, users: 0 };
}

export function gitRunner(): GitRunner {
	shared ??= started();
	const own = shared;
	own.users++;
	const run: GitRunner["run"] = (args, options) =>
		new Promise((resolve, reject) => {
			const id = ++asked;
			own.waiting.set(id, { resolve, reject });
			own.child.send({ id, args, ...options } satisfies Asked, (error) => error && reject(error));
		});
	return {
		run,
		async text(args, options) {
			const { code, out, error } = await run(args, options);
			if (code !== 0) throw new Error(`git ${args.join(" ")}: ${error}`);
			return out.toString();
		},
		[Symbol.dispose]() {
			if (--own.users > 0) return;
			if (shared === own) shared = undefined;
			own.child.disconnect();
		},
	};
}
