// What a command has around it: the environment, its streams, the clock. Tests give their own.

import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

export interface Screen {
	readonly isTTY?: boolean;
	readonly columns?: number;
	readonly rows?: number;
	write(text: string): unknown;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Around {
	readonly env: Environment;
	readonly platform: NodeJS.Platform;
	readonly stdin: Readable & { readonly isTTY?: boolean };
	readonly stdout: Screen;
	readonly stderr: Screen;
	now(): Date;
	/** @throws the signal's reason once it is aborted */
	sleep(ms: number, signal: AbortSignal): Promise<void>;
	/** Until the returned function is called, Ctrl-C calls `act` instead of ending the command. */
	onInterrupt(act: () => void): () => void;
}

export const here: Around = {
	env: process.env,
	platform: process.platform,
	stdin: process.stdin,
	stdout: process.stdout,
	stderr: process.stderr,
	now: () => new Date(),
	async sleep(ms, signal) {
		await pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
	},
	onInterrupt(act) {
		process.on("SIGINT", act);
		return () => void process.off("SIGINT", act);
	},
};
