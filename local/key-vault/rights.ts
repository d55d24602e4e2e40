// Who may do what to which secret, as Azure RBAC decides it: nothing, unless granted.
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
	| "purge/action"}`;

export interface Grant {
	/** of the principal */
	readonly objectId: string;
	readonly actions: readonly DataAction[];
	/** the scope: this secret alone; the whole vault when absent */
	readonly secret?: string;
}

export interface Rights {
	/** @returns a function that takes the grant back */
	grant(grant: Grant): () => void;
	/** @param secret none for what needs the whole vault, as lists do. @throws Refusal 403 `ForbiddenByRbac` */
	check(caller: Claims, action: DataAction, secret?: string): void;
}

export const rights = (vault: { name: string; resourceId: string }): Rights => {
	const grants = new Set<Grant>();
	const covers = (grant: Grant, secret?: string) =>
		grant.secret === undefined || grant.secret.toLowerCase() === secret?.toLowerCase();
	return {
		grant(given) {
			const grant = { ...given };
			grants.add(grant);
			return () => void grants.delete(grant);
		},
		check({ oid, appid, iss }, action, secret) {
			for (const grant of grants)
				if (grant.objectId === oid && grant.actions.includes(action) && covers(grant, secret)) return;
			const resource = `${vault.resourceId.toLowerCase()}${secret ? `/secrets/${secret}` : ""}`;
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
			throw new Refusal({ status: 403, code: "Forbidden", message, inner: "ForbiddenByRbac" });
		},
	};
};
