// The commands that give what is missing. People paste them into a shell.
// DCM1. Whatever is put into one is a name that means nothing to a shell, or it is left out. Otherwise: anyone who may write a
//       SecretProviderClass has an operator run what they like. Kept by: commands.test.ts.

import type { AppIdentity } from "../ports/identity.ts";
import type { ClusterRight } from "../ports/workload.ts";

const isPlain = (text: string): boolean => /^[\w.-]{1,253}$/.test(text) && !text.startsWith("-");
const plainOr = (text: string | undefined, otherwise: string): string =>
	text !== undefined && isPlain(text) ? text : `'<${otherwise}>'`;

const principal = ({ objectId }: AppIdentity) => plainOr(objectId, "object id of the managed identity");

/** A vault, or one secret or key of it. */
export interface VaultScope {
	/** In Azure. */
	readonly vaultName: string;
	/** `secrets/db-password`; absent: the vault. */
	readonly of?: string;
}

const scopeOf = ({ vaultName, of }: VaultScope): string => {
	const vault = `$(az keyvault show --name ${plainOr(vaultName, "vault")} --query id --output tsv)`;
	const [kind, name] = of?.split("/") ?? [];
	return kind === undefined ? `"${vault}"` : `"${vault}"/${kind}/${plainOr(name, "name")}`;
};

/** @param kind of infra/rights.json, of which infra/ makes a role definition */
export const assignRole = (kind: string, scope: VaultScope, app: AppIdentity): string =>
	[
		`az role assignment create --assignee-object-id ${principal(app)} --assignee-principal-type ServicePrincipal`,
		`--role "Secret rotator ${app.name !== undefined && isPlain(app.name) ? app.name : "<name>"}: ${kind}"`,
		`--scope ${scopeOf(scope)}`,
	].join(" ");

/** Shows what cannot be asked of the vault. */
export const listRoles = (scope: VaultScope, app: AppIdentity): string =>
	`az role assignment list --assignee ${principal(app)} --include-inherited --output table --scope ${scopeOf(scope)}`;

const named = (vaultName: string, name: string) =>
	`--vault-name ${plainOr(vaultName, "vault")} --name ${plainOr(name, "name")}`;

/** For a person: to list what is in a vault, and see keys' public halves. No value comes with it. */
export const readVault = (vaultName: string): string =>
	`az role assignment create --assignee '<you>' --role "Key Vault Reader" --scope ${scopeOf({ vaultName })}`;

/** The value is in a file: as an argument, everybody on the machine sees it. */
export const storeSecret = (vaultName: string, name: string): string =>
	`az keyvault secret set ${named(vaultName, name)} --encoding utf-8 --output none --file '<a file that has the current value, and no line break after it>'`;

export const enableSecret = (vaultName: string, name: string): string =>
	`az keyvault secret set-attributes ${named(vaultName, name)} --enabled true --output none`;

export const recoverSecret = (vaultName: string, name: string): string =>
	`az keyvault secret recover ${named(vaultName, name)} --output none`;

/**
 * Can be run again: what is there already stays, and what was cut off is completed.
 * @param user what the cluster calls the app: on AKS its object id
 */
export function grantInCluster(
	{ verb, group, resource, namespace, name }: ClusterRight,
	user: string | undefined,
): string {
	const what = group === "" ? resource : `${resource}.${group}`;
	const role = ["titanic-secret-rotator", verb, what, ...(name !== undefined && isPlain(name) ? [name] : [])];
	const called = role.join("-").slice(0, 253);
	const inNamespace = `--namespace ${plainOr(namespace, "namespace")}`;
	const named = name === undefined ? "" : ` --resource-name ${plainOr(name, "name")}`;
	const as = plainOr(user, "object id of the managed identity");
	const applied = "--dry-run=client --output yaml | kubectl apply --filename -";
	return [
		`kubectl create role ${called} ${inNamespace} --verb ${verb} --resource ${what}${named} ${applied}`,
		`kubectl create rolebinding ${called} ${inNamespace} --role ${called} --user ${as} ${applied}`,
	].join(" && ");
}
