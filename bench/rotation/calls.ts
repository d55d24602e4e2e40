// What a rotation asks of everybody, as their servers saw it. Of the blobs, as it left the host: see blob-calls.mjs.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack } from "../../local/stack.ts";
import { identities } from "../../local/world.ts";

export interface Calls {
	readonly vaultGets: number;
	readonly vaultPuts: number;
	/** Changes of a version, and signatures. */
	readonly vaultOthers: number;
	readonly logins: number;
	readonly statements: number;
	readonly kubernetes: number;
	readonly blobs: number;
	/** Blocks of the audit log: a block is one append, of one record or more. */
	readonly auditAppends: number;
}

/** Settings by which the host writes down its calls. */
export const writingDown = (folder: string) => ({
	NODE_OPTIONS: `--import=${new URL("./blob-calls.mjs", import.meta.url).href}`,
	BENCH_CALLS_FILE: join(folder, "calls"),
});

/** @param stack has the settings above */
export async function callsOf(stack: Stack, rotate: () => Promise<unknown>): Promise<Calls> {
	const file = stack.settings.BENCH_CALLS_FILE as string;
	await writeFile(file, "");
	const { vault, cluster, postgres } = stack;
	const [toVault, toCluster] = [vault.requests.length, cluster.requests?.length ?? 0];
	const logged = Buffer.byteLength(await postgres.log());
	await rotate();

	const { objectId } = identities.rotator;
	const ofVault = vault.requests.slice(toVault).filter((seen) => seen.objectId === objectId);
	const ofCluster = (cluster.requests ?? []).slice(toCluster).filter(({ user }) => user === objectId);
	const blobs = (await readFile(file, "utf8")).trimEnd().split("\n");
	const byMethod = (...methods: string[]) => ofVault.filter(({ method }) => methods.includes(method)).length;
	return {
		vaultGets: byMethod("GET"),
		vaultPuts: byMethod("PUT"),
		vaultOthers: byMethod("PATCH", "POST"),
		...sqlIn(await postgres.log(logged)),
		kubernetes: ofCluster.length,
		blobs: blobs.length,
		auditAppends: blobs.filter((line) => /^PUT \S+\/audit(\/|%2F)\d{4}-\S+comp=appendblock/.test(line)).length,
	};
}

/** The rotator's sessions name themselves; whatever else logs in as the same role does not. */
function sqlIn(log: string): Pick<Calls, "logins" | "statements"> {
	const lines = log.split("\n");
	const processOf = (line: string) => /\[(\d+)\]/.exec(line)?.[1];
	const own = lines.filter(
		(line) => line.includes("connection authorized:") && line.includes("application_name=titanic-secret-rotator"),
	);
	const processes = new Set(own.map(processOf));
	const isStatement = /\bLOG: {2}\w+: (statement|execute [^:]*): /;
	const statements = lines.filter((line) => isStatement.test(line) && processes.has(processOf(line)));
	return { logins: own.length, statements: statements.length };
}
