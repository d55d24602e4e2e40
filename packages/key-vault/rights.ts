// Who may do what to which secret and key, as Azure RBAC decides it: nothing, unless granted. A vault with access policies
// has other rights and other words; here only its words can be had.
import type { Claims } from "../identity/index.ts";
import { Refusal } from "./errors.ts";

/** @see https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault */
export type DataAction = `Microsoft.KeyVault/vaults/secrets/${
	| "getSecret/action"
	| "setSecret/action"
	| "readMetadata/action"
	| "update/action"
	| "delete"
	| "recover/action"
	| "backup/action"
	| "restore/action"
	| "purge/action"}`;

/** Of keys: to sign with them, and to read their public half. */
export type KeyAction = `Microsoft.KeyVault/vaults/keys/${"sign/action" | "read"}`;

export interface Grant {
	/** of the principal */
	readonly objectId: string;
	readonly actions: readonly (DataAction | KeyAction)[];
	/** the scope: this secret or this key alone; the whole vault when both are absent */
	readonly secret?: string;
	readonly key?: string;
}

/** What is asked about; the whole vault, as for lists, when it is empty. */
export type Scope = Pick<Grant, "secret" | "key">;

export interface Rights {
	/** @returns a function that takes the grant back */
	grant(grant: Grant): () => void;
	/** @throws Refusal 403 */
	check(caller: Claims, action: DataAction | KeyAction, scope: Scope): void;
}

/** The inner code of a missing right: a vault with roles says the first, one with access policies either of the others. */
export type Denial = "ForbiddenByRbac" | "ForbiddenByPolicy" | "AccessDenied";

export const rights = (vault: { name: string; resourceId: string }, inner: Denial = "ForbiddenByRbac"): Rights => {
	const grants = new Set<Grant>();
	const covers = (grant: Grant, scope: Scope) =>
		(grant.secret === undefined && grant.key === undefined) || idOf(grant) === idOf(scope);
	return {
		grant(given) {
			const grant = { ...given };
			grants.add(grant);
			return () => void grants.delete(grant);
		},
		check({ oid, appid, iss }, action, scope) {
			for (const grant of grants)
				if (grant.objectId === oid && grant.actions.includes(action) && covers(grant, scope)) return;
			const resource = `${vault.resourceId.toLowerCase()}${idOf(scope)}`;
			const message = [
				"Caller is not authorized to perform action on resource.",
				"If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
				`Caller: appid=${appid ?? ""};oid=${oid};iss=${iss}`,
				`Action: '${action}'`,
				`Resource: '${resource}'`,
				"Assignment: (not found)",
				"DenyAssignmentId: null",
				"DecisionReason: 'DeniedWithNoValidRBAC' ",
				`Vault: ${vault.name};location=local`,
				"",
			].join("\r\n");
			throw new Refusal({ status: 403, code: "Forbidden", message, inner });
		},
	};
};

/** Names are not case-sensitive. */
const idOf = ({ secret, key }: Scope): string => {
	if (secret !== undefined) return `/secrets/${secret.toLowerCase()}`;
	return key === undefined ? "" : `/keys/${key.toLowerCase()}`;
};
