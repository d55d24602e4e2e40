// The roles that change another one's password: `login` of mode admin-secret or entra-token, and `login.recovery`.
// OR1. What such a role logs in with is its password, and stays so: no rotation writes that secret, or the entry that does
//      manages this very role, which changes itself. Otherwise: a rotation writes over it, and nobody gets in any more; or
//      two roles change each other, and what goes wrong with one takes the way back from both.

import {
	type Named,
	type NamedSecret,
	type OtherRole,
	type Owners,
	roleId,
	rolesOf,
	secretId,
	type Writer,
} from "./owners.ts";

interface Wrong {
	readonly path: PropertyKey[];
	readonly message: string;
}

export function otherRoleOf(name: string, { login }: NamedSecret): { other?: OtherRole; path: PropertyKey[] } {
	const at = ["secrets", name, "login"];
	if (login === undefined) return { path: at };
	return login.mode === "self" ? { other: login.recovery, path: [...at, "recovery"] } : { other: login, path: at };
}

/** @param name an entry of `secrets` */
export function wrongWithOtherRole(config: Named, name: string, owners: Owners): Wrong | undefined {
	const managed = config.secrets[name]!;
	const { other, path } = otherRoleOf(name, managed);
	if (other === undefined || managed.server === undefined) return undefined;
	if (rolesOf(managed).some(({ role }) => role === other.role) || other.role === managed.owner) {
		const isOnly = managed.role !== undefined && managed.login?.mode !== "self";
		const itself = managed.role === undefined ? "one of the managed roles, or their owner" : "the managed role itself";
		return { path: [...path, "role"], message: `is ${itself}; give ${isOnly ? 'mode "self"' : "another role"}` };
	}
	if (other.secret === undefined) return wrongWithIdentity(config, managed.server, other.role, path, owners);
	const writer = owners.writerOf(secretId(config, other.vault ?? managed.vault, other.secret));
	const manager = owners.managerOf(roleId(config, managed.server, other.role));
	const message =
		writer?.entry === name && writer.as === "managed"
			? "is the managed secret itself; give the admin role's"
			: wrongWithSecret(config, writer, manager);
	return message === undefined ? undefined : { path: [...path, "secret"], message };
}

/** What a rotation gives that role, nobody logs in with: the identity has no password. */
function wrongWithIdentity(
	config: Named,
	server: string,
	role: string,
	path: readonly PropertyKey[],
	owners: Owners,
): Wrong | undefined {
	const manager = owners.managerOf(roleId(config, server, role));
	if (manager === undefined) return undefined;
	const message = `is the role that "${manager}" manages, which has a password; give the one of the app's identity`;
	return { path: [...path, "role"], message };
}

/**
 * @param writer who writes the secret that the other role logs in with
 * @param manager the entry that manages the other role
 */
function wrongWithSecret(config: Named, writer?: Writer, manager?: string): string | undefined {
	if (writer?.as === "derived") return `is derived from "${writer.entry}"; give a secret that no rotation writes`;
	if (writer === undefined && manager === undefined) return undefined;
	if (manager === undefined) return `is "${writer?.entry}", which is managed for another role; give the admin role's`;
	if (manager !== writer?.entry) return `is not the secret of that role, which "${manager}" manages; give that one`;
	const { login, value } = config.secrets[manager]!;
	if (value?.template !== "{password}")
		return `is "${manager}", whose value is not the password alone; give it no value`;
	if (login?.mode === "self") return undefined;
	return `is "${manager}", whose role is changed by another one; let it change itself (mode "self")`;
}
