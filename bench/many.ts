// Many secrets on a stack: in so many vaults, their roles on its one PostgreSQL, which may have several addresses. None is due, and
// no workload uses one.
// MY1. Each call makes secrets with ids of their own. Otherwise: what the app has on record of the ones before is drift of these.

import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import pg from "pg";
import { parse, stringify } from "yaml";
import { unseen } from "../local/postgres/activity.ts";
import { startRelay } from "../local/relay.ts";
import { rightsByKind } from "../local/rights.ts";
import type { Stack } from "../local/stack.ts";
import { identities, seedPassword } from "../local/world.ts";
import { type DataAction, startVault, type Vault } from "../packages/key-vault/index.ts";
import { Password } from "../src/lib/domain/password.ts";
import { verifierOf } from "../src/lib/domain/verifier.ts";

export interface Many extends AsyncDisposable {
	/** Their ids in the configuration, which are their names in the vaults too. */
	readonly ids: readonly string[];
	readonly vaults: readonly Vault[];
}

const day = 86_400_000;

/**
 * The app's configuration has these secrets from now on, and no other.
 * @param options.keep beside those that it has
 * @param options.throttled the vaults take what Key Vault does; else a sweep on one machine, where nothing is far away, is refused
 */
export async function manySecrets(
	stack: Stack,
	options: { secrets: number; vaults: number; servers?: number; keep?: boolean; throttled?: boolean },
): Promise<Many> {
	const { secrets, vaults: count, servers = 1, keep = false, throttled = false } = options;
	await using started = new AsyncDisposableStack();
	const prefix = randomUUID().slice(0, 8);
	const vaults: Vault[] = [];
	for (let n = 0; n < count; n++) {
		const common = { identity: stack.identity, name: `bench-${prefix}-${n}` };
		const vault = started.use(await startVault({ ...common, ...(!throttled && { limits: unlimited }) }));
		vault.grant({ objectId: identities.rotator.objectId, actions });
		vaults.push(vault);
	}
	const ids = Array.from({ length: secrets }, (_, n) => `s${prefix}-${n}`);
	const password = seedPassword();
	await createRoles(stack, ids.map(roleOf), password);
	const expires = new Date(Date.now() + 90 * day);
	for (const [n, id] of ids.entries()) vaults[n % count]!.owner.set(id, password, { expires, tags: {} });
	const { ROTATION_CONFIG_FILE: file = "" } = stack.settings;
	const config = parse(await readFile(file, "utf8"));
	const [server] = Object.values(config.servers) as { port: number }[];
	// Each server has an address of its own, or the configuration is refused.
	const { port } = stack.postgres;
	const ports = keep ? [] : [port];
	while (ports.length < servers) ports.push(started.use(await startRelay(port)).port);
	const named = <T>(kind: string, length: number, of: (n: number) => T) =>
		Object.fromEntries(Array.from({ length }, (_, n) => [`${kind}-${n}`, of(n)]));
	const secretOf = (id: string, n: number) => ({
		...{ vault: `vault-${n % count}`, server: `server-${n % servers}`, role: roleOf(id), login: { mode: "self" } },
		...{ rotateEveryDays: 90, consumers: [] },
	});
	const kept = keep ? config : {};
	// Nobody else writes to them.
	const vaultOf = (n: number) => ({ url: vaults[n]!.url, name: vaults[n]!.name, writesPer10Seconds: 300 });
	const ours = {
		vaults: { ...kept.vaults, ...named("vault", count, vaultOf) },
		servers: { ...kept.servers, ...named("server", servers, (n) => ({ ...server, port: ports[n] })) },
		secrets: { ...kept.secrets, ...Object.fromEntries(ids.map((id, n) => [id, secretOf(id, n)])) },
	};
	await writeFile(file, stringify({ ...config, ...ours }, { aliasDuplicateObjects: false }));
	const owned = started.move();
	return {
		ids,
		vaults,
		[Symbol.asyncDispose]: () => owned.disposeAsync(),
	};
}

const unlimited = { set: 1e9, other: 1e9, windowMs: 10_000 };

const roleOf = (id: string): string => id.replace("-", "_");

const actions = [...new Set([...rightsByKind.managed, ...rightsByKind.pending, ...rightsByKind.vault])].map(
	(right) => `Microsoft.KeyVault/vaults/${right}` as DataAction,
);

/** With one password and one verifier, made once: a thousand take ten seconds otherwise. */
async function createRoles({ postgres }: Stack, roles: readonly string[], password: string): Promise<void> {
	const superuser = new pg.Client(postgres.url());
	await superuser.connect();
	try {
		const verifier = pg.escapeLiteral(verifierOf(new Password(password), roles[0] ?? ""));
		const statements = roles.map((role) => `CREATE ROLE ${role} LOGIN PASSWORD ${verifier}`);
		await superuser.query([unseen, ...statements].join(";\n"));
	} finally {
		await superuser.end();
	}
}
