// What a person on call does in a drill: the rotator command as a process of its own, with their own token and their own identity; and the
// timers of the app, begun by hand.

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BlobServiceClient } from "@azure/storage-blob";
import { parse, stringify } from "yaml";
import type { DataAction } from "../../packages/key-vault/index.ts";
import { people } from "../people.ts";
import { login } from "../proof.ts";
import { follow, type Status } from "../rotation-watch.ts";
import type { Stack } from "../stack.ts";
import { sweptNow } from "../sweep-watch.ts";
import { until } from "../until.ts";
import { actionsOn, audience, identities, names } from "../world.ts";

const program = fileURLToPath(new URL("../../src/cli/rotator.ts", import.meta.url));

/** Who restores: Key Vault Secrets Officer's part of it, and reading the container, which Azurite lets everybody do. */
const restorer = {
	objectId: "0b1ec700-0000-4000-8000-0000000000de",
	clientId: "c11e0700-0000-4000-8000-0000000000de",
	name: "restorer",
};

export const secrets = ["db-password", "db-connection-string"] as const;

/** Backups are wanted from now on, and the app and the person have their rights. */
export async function wantBackups({ azurite, identity, vault, settings }: Stack): Promise<void> {
	const credential = identity.managedIdentity(identities.rotator).credential();
	await new BlobServiceClient(azurite.url, credential).getContainerClient("backups").create();
	const full = (verb: string) => `Microsoft.KeyVault/vaults/secrets/${verb}` as DataAction;
	const { objectId } = identities.rotator;
	for (const secret of secrets) vault.grant({ objectId, secret, actions: actionsOn("backup").map(full) });
	vault.grant({ objectId: restorer.objectId, actions: ["readMetadata/action", "restore/action"].map(full) });
	const file = settings.ROTATION_CONFIG_FILE!;
	const config = parse(await readFile(file, "utf8"));
	await writeFile(file, stringify({ ...config, backups: { container: `${azurite.url}/backups` } }));
}

/** @throws Error with what the command said, unless it ends with 0 */
export async function rotator(stack: Stack, args: readonly string[], signal: AbortSignal): Promise<string> {
	const { identity, settings, appUrl } = stack;
	const { roles, id: objectId } = people.operator;
	const token = await identity.operatorToken({
		audience,
		roles: [...roles],
		objectId,
		name: "operator",
		azp: "c11e0700-0000-4000-8000-0000000000aa",
	});
	const { PATH, SystemRoot, TEMP, NODE_COMPILE_CACHE } = process.env;
	const env = {
		...{ PATH, SystemRoot, TEMP, NODE_COMPILE_CACHE },
		...identity.managedIdentity(restorer).env,
		NODE_EXTRA_CA_CERTS: settings.NODE_EXTRA_CA_CERTS,
		ROTATOR_URL: appUrl,
		ROTATOR_TOKEN: token,
	};
	try {
		const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { env, signal });
		return stdout;
	} catch (error) {
		signal.throwIfAborted();
		const { code, stderr = "", stdout = "" } = error as { code?: number; stderr?: string; stdout?: string };
		throw new Error(`rotator ${args.join(" ")} ended with ${code}: ${stderr || stdout}`);
	}
}

/** A timer's function, now. */
interface Swept {
	readonly at: string;
	readonly secrets: readonly {
		readonly secret: string;
		readonly problem?: { readonly code: string };
		readonly drift?: readonly { readonly code: string }[];
		readonly rotationId?: string;
	}[];
}

/** @returns what a sweep that begins now says of db-password */
export async function swept(stack: Stack, signal: AbortSignal) {
	const { secrets: all } = await sweptNow<Swept>(stack, signal);
	return all.find(({ secret }) => secret === "db-password");
}

/** An order, followed to its end. */
export async function rotated(stack: Stack, signal: AbortSignal): Promise<Status> {
	const id = await until(
		"the rotation's start",
		60,
		async () => {
			const body = { force: true, reason: "a drill" };
			const answer = await stack.api("secrets/db-password/rotations", { method: "POST", body });
			return answer.status === 202 ? ((await answer.json()) as { rotationId: string }).rotationId : undefined;
		},
		signal,
	);
	return follow(stack, id, { seconds: 300, signal });
}

/** `in`, or the SQLSTATE of the refusal. */
export const loginWith = ({ postgres: { host, port } }: Stack, password: string): Promise<string> =>
	login(`postgresql://${names.role}:${password}@${host}:${port}/${names.database}`);

export const live = ({ vault }: Stack): string => vault.owner.get("db-password")?.value ?? "";
