// A configuration for what was found, to be completed by a person.
// DSP1. It is valid, and starts nothing by itself: `automatic: false` until somebody has read it. Otherwise: a guess rotates a
//       secret that nobody understood. Kept by: proposal.test.ts.

import { stringify } from "yaml";
import type { Consumer, Reference } from "./references.ts";

export interface FoundSecret {
	/** The vault's name in Azure. */
	readonly vaultName: string;
	readonly name: string;
	readonly enabled: boolean;
	readonly expires?: string | undefined;
	readonly contentType?: string | undefined;
	readonly tags: Readonly<Record<string, string>>;
	readonly consumers: readonly (Consumer & { readonly cluster: string })[];
}

export interface Proposed {
	readonly vaults: Readonly<Record<string, { readonly url: string }>>;
	readonly clusters: Readonly<Record<string, { readonly server: string }>>;
	readonly secrets: readonly FoundSecret[];
}

const configurable = ["Deployment", "StatefulSet", "DaemonSet", "Rollout", "CronJob"];
const isPassword = (name: string): boolean =>
	/(^|-)(db|database|pg|postgres(ql)?|sql)(-|$)|pass(word|wd)?$|-pwd$/i.test(name);
/** It is made of another secret, most likely. */
export const looksDerived = (name: string): boolean => /(connection-?string|-(url|uri|dsn))$/i.test(name);

export const sameSecret = (one: Pick<Reference, "vaultName" | "secret">, vaultName: string, name: string): boolean =>
	one.vaultName.toLowerCase() === vaultName.toLowerCase() && one.secret.toLowerCase() === name.toLowerCase();

/** @returns YAML, with what a person has to fill in as `choose-...` */
export function fragmentOf({ vaults, clusters, secrets }: Proposed): string {
	const proposed = secrets.filter(
		({ enabled, name }) => enabled && !looksDerived(name) && !/-pending$/i.test(name) && name.length <= 119,
	);
	const inDatabase = proposed.some(({ name }) => isPassword(name));
	const used = <T>(all: Readonly<Record<string, T>>, names: readonly string[]) =>
		Object.fromEntries(Object.entries(all).filter(([key]) => names.includes(key)));
	const names = new Map<string, number>();
	for (const { name } of proposed) names.set(name.toLowerCase(), (names.get(name.toLowerCase()) ?? 0) + 1);
	const entries = proposed.map((secret) => {
		const isUnique = names.get(secret.name.toLowerCase()) === 1;
		const id = isUnique ? secret.name : `${secret.vaultName}-${secret.name}`.slice(0, 119);
		return [id, entryOf(secret, isUnique)] as const;
	});
	const body = {
		vaults: used(
			vaults,
			proposed.map(({ vaultName }) => vaultName),
		),
		servers: inDatabase ? { "choose-server": { host: "choose-host.postgres.database.azure.com" } } : {},
		clusters: used(
			clusters,
			proposed.flatMap(({ consumers }) => consumers.map(({ cluster }) => cluster)),
		),
		secrets: Object.fromEntries(entries),
	};
	const head = [
		"# A proposal of rotator discover: read it, and fill in what is called choose-...",
		"# Nothing of it starts by itself until automatic: false is taken out.",
		"# npm run config:check says whether it is valid, rotator doctor what is missing.",
	];
	return `${head.join("\n")}\n${stringify(body, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function entryOf({ vaultName, name, tags, consumers }: FoundSecret, isUnique: boolean): object {
	const [, days] = /^([1-9]\d{0,2})d(ays)?$/.exec(tags.rotation ?? "") ?? [];
	const every = days !== undefined && Number(days) <= 730 ? { rotateEveryDays: Number(days) } : {};
	const known = consumers.filter(({ kind, delivery }) => delivery && configurable.includes(kind)).slice(0, 20);
	return {
		vault: vaultName,
		...(!isUnique && { name }),
		...(isPassword(name)
			? { strategy: "single-user", server: "choose-server", role: "choose_role", login: { mode: "self" } }
			: { strategy: "random-value", random: { format: "hex" } }),
		...every,
		automatic: false,
		consumers: known.map(({ cluster, namespace, kind, name: of, delivery }) => ({
			cluster,
			namespace,
			kind,
			name: of,
			delivery,
		})),
	};
}
