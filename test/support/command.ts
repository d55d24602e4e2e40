// A command in this process: as `run` calls it, with no more of this environment than a process needs. That it is a command,
// with exit code and streams, is tested where it is a process of its own: integration/commands.test.ts, audit-verify.test.ts.

import { readFile } from "node:fs/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { type Output, outputOf } from "../../src/cli/support/run.ts";

export type Environment = Readonly<Record<string, string>>;
export interface Ran {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** What every process needs, and what it has compiled before. */
export function leastEnvironment(): Record<string, string | undefined> {
	const { PATH, SystemRoot, TEMP, NODE_COMPILE_CACHE } = process.env;
	return { PATH, SystemRoot, TEMP, NODE_COMPILE_CACHE };
}

/** One at a time in a test file: for as long as it takes, the environment is the command's. */
export async function called(
	main: (args: readonly string[]) => Promise<Output>,
	args: readonly string[],
	env: Environment = {},
): Promise<Ran> {
	const before = { ...process.env };
	using restored = new DisposableStack();
	restored.defer(() => become(before));
	become({ ...leastEnvironment(), ...env });
	if (env.NODE_EXTRA_CA_CERTS) restored.defer(await trust(env.NODE_EXTRA_CA_CERTS));
	return { stdout: "", stderr: "", ...(await outputOf(main, args)) };
}

/** As Node itself does it at its start. @returns a function that takes the trust away */
async function trust(file: string): Promise<() => void> {
	const trusted = getCACertificates("default");
	setDefaultCACertificates([...trusted, await readFile(file, "utf8")]);
	return () => setDefaultCACertificates(trusted);
}

function become(environment: Readonly<Record<string, string | undefined>>): void {
	for (const name of Object.keys(process.env)) delete process.env[name];
	for (const [name, value] of Object.entries(environment)) if (value !== undefined) process.env[name] = value;
}
