// The SecretProviderClasses that a workload takes our secrets from, and whether each can deliver them; no I/O.

import { Fault } from "../../domain/fault.ts";
import type { Sources } from "../../kinds/sources.ts";
import type { Needed, Wanted } from "../../ports/delivery-path.ts";
import { type Copy, sameName } from "../copies.ts";
import { type MountedObject, mountsOf, type ProviderClass, readProviderClass } from "./provider-class.ts";

/** As the cluster has it; `resource` is `undefined` when it has none. */
export interface Found {
	readonly name: string;
	readonly resource: unknown;
}

export interface ClassUsed {
	readonly name: string;
	readonly annotations: Readonly<Record<string, string>>;
	readonly objects: readonly MountedObject[];
	readonly unwritten: Extract<ProviderClass, { state: "readable" }>["unwritten"];
}

/**
 * @param found the configured class first
 * @param vaultName which the configured class must name; the others count where they name the same
 * @returns the configured one, and of the others those that mount one of the secrets
 */
export function classesUsed(
	[own, ...others]: readonly Found[],
	secrets: readonly string[],
	namespace: string,
	vaultName?: string,
): readonly ClassUsed[] | Fault {
	if (!own) return [];
	const read = readClass(own, namespace);
	if (read instanceof Fault) return read;
	if (vaultName !== undefined && !sameName(read.vaultName, vaultName))
		return foreign(read.name, namespace, `its keyvaultName is not ${vaultName}`);
	const used: ClassUsed[] = [read];
	for (const other of others) {
		const also = readClass(other, namespace);
		if (also instanceof Fault) {
			if (isElsewhere(other)) continue;
			return also;
		}
		const mounts = secrets.some((secret) => mountsOf(also.objects, secret).length > 0);
		if (mounts && sameName(also.vaultName, read.vaultName)) used.push(also);
	}
	return used;
}

const foreign = (name: string, namespace: string, detail: string) =>
	new Fault("provider-class-foreign", { providerClass: `${namespace}/${name}`, detail });

/** Another provider's: nothing in it comes from a Key Vault. */
function isElsewhere({ resource }: Found): boolean {
	const read = readProviderClass(resource);
	return resource !== undefined && read.state === "foreign" && read.elsewhere;
}

function readClass({ name, resource }: Found, namespace: string): (ClassUsed & { readonly vaultName: string }) | Fault {
	if (resource === undefined) return new Fault("provider-class-missing", { providerClass: `${namespace}/${name}` });
	const read = readProviderClass(resource);
	if (read.state === "foreign") return foreign(name, namespace, read.detail);
	return { ...read, name };
}

/**
 * @param used the configured class first
 * @param secrets the managed one first: the configured class must mount it
 * @returns what keeps one of them from delivering
 */
export function unfit(
	used: readonly ClassUsed[],
	secrets: readonly string[],
	sources: Sources,
	namespace: string,
): Fault | undefined {
	for (const [place, one] of used.entries()) {
		const providerClass = `${namespace}/${one.name}`;
		for (const [index, object] of secrets.entries()) {
			const mounted = mountsOf(one.objects, object);
			if (place === 0 && index === 0 && mounted.length === 0)
				return new Fault("object-missing", { providerClass, object });
			if (mounted.some(({ version }) => version !== undefined))
				return new Fault("object-pinned", { providerClass, object });
			if (mounted.some(({ history }) => history)) {
				const detail = `objectVersionHistory of ${object} is above 1, so no pod status proves which version is mounted`;
				return foreign(one.name, namespace, detail);
			}
			const encoded = mounted.find(({ encoding }) => encoding !== "utf-8");
			if (encoded) return new Fault("object-encoded", { providerClass, object, encoding: encoded.encoding });
		}
		const unwritten = unwrittenCopy(one, secrets, sources);
		if (unwritten) {
			const { secret, key, file } = unwritten;
			return new Fault("copy-unwritten", { providerClass, copy: `Secret ${namespace}/${secret}, key ${key}`, file });
		}
	}
	return undefined;
}

/** The driver writes nothing of a Secret that has one: of ours, of one that containers use, or under a secret's own name. */
function unwrittenCopy({ objects, unwritten }: ClassUsed, secrets: readonly string[], { secrets: uses }: Sources) {
	const copies = secrets.flatMap((secret) => mountsOf(objects, secret).flatMap((object) => object.copies));
	return unwritten.find(
		({ secret, file }) =>
			copies.some((copy) => copy.secret === secret) ||
			uses.some((use) => use.secret === secret) ||
			secrets.some((name) => sameName(name, file)),
	);
}

export const copiesOf = (used: readonly ClassUsed[], secrets: readonly string[]): readonly Copy[] =>
	used.flatMap(({ objects }) =>
		secrets.flatMap((secret) => mountsOf(objects, secret).flatMap((object) => object.copies)),
	);

/** The driver mounts all of a pod's classes or none: each other secret of the vault has to be readable too. */
export function neededBy(found: readonly Found[], wanted: readonly Wanted[], namespace: string): readonly Needed[] {
	const [managed] = wanted;
	return found.flatMap(({ name, resource }) => {
		const read = readProviderClass(resource);
		if (read.state === "foreign" || !sameName(read.vaultName, managed?.vaultName ?? "")) return [];
		return read.objects
			.filter((object) => !wanted.some(({ secret }) => sameName(secret, object.name)))
			.map((object) => ({
				secret: object.name,
				version: object.version,
				by: `SecretProviderClass ${namespace}/${name}`,
			}));
	});
}
