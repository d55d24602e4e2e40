// What is valid and yet hardly meant: said by config check, and refused by nobody.

import type { Configuration } from "./configuration.ts";

export interface Warning {
	readonly path: PropertyKey[];
	readonly message: string;
}

export function warningsOf(config: Configuration, now: Date): Warning[] {
	return [...unused(config), ...Object.entries(config.secrets).flatMap(ofSecret), ...ofFreezes(config, now)];
}

function unused({ vaults, servers, clusters, repositories, notifications, secrets }: Configuration): Warning[] {
	const all = Object.values(secrets);
	if (all.length === 0) return [{ path: ["secrets"], message: "is empty: nothing is managed with this file" }];
	const consumers = all.flatMap((secret) => secret.consumers);
	const logins = [
		...all.map((secret) => ("login" in secret ? secret.login : undefined)),
		...Object.values(repositories).map(({ login }) => login),
	];
	const sending = Object.values(notifications).flatMap((channel) => [
		...("address" in channel && channel.address ? [channel.address.vault] : []),
		...("signing" in channel ? channel.signing.map(({ vault }) => vault) : []),
	]);
	const vaultsOf = (login: object | undefined): unknown[] => {
		const { vault, recovery } = (login ?? {}) as { vault?: string; recovery?: { vault?: string } };
		return [vault, recovery?.vault];
	};
	const used = {
		vaults: new Set<unknown>([...all.map(({ vault }) => vault), ...logins.flatMap(vaultsOf), ...sending]),
		servers: new Set<unknown>(all.map((secret) => ("server" in secret ? secret.server : undefined))),
		clusters: new Set<unknown>(consumers.map(({ cluster }) => cluster)),
		repositories: new Set<unknown>(
			consumers.map(({ delivery }) => ("repository" in delivery ? delivery.repository : undefined)),
		),
	};
	const there = { vaults, servers, clusters, repositories };
	return Object.entries(there).flatMap(([kind, things]) =>
		Object.keys(things)
			.filter((name) => !used[kind as keyof typeof used].has(name))
			.map((name) => ({ path: [kind, name], message: "is used by no secret" })),
	);
}

/** When Key Vault's near-expiry event comes. */
const eventDays = 30;

function ofSecret([id, secret]: [string, Configuration["secrets"][string]]): Warning[] {
	const { expiryMarginDays, automatic, windows, expiryBeatsWindowDays, spreadDays } = secret;
	const found: Warning[] = [];
	const warn = (field: string, message: string) => void found.push({ path: ["secrets", id, field], message });
	if (expiryMarginDays < eventDays && automatic)
		warn(
			"expiryMarginDays",
			`is ${expiryMarginDays}: Key Vault's event comes ${eventDays} days before expiry, when nothing is due yet, so the daily sweep alone starts the rotation`,
		);
	if (windows.length === 0) return found;
	if (!automatic)
		warn(
			"windows",
			"count for nothing, because with automatic: false only people start a rotation; take one of the two out",
		);
	else if (expiryBeatsWindowDays >= expiryMarginDays + spreadDays)
		warn(
			"expiryBeatsWindowDays",
			`is ${expiryBeatsWindowDays}, and a rotation is due ${expiryMarginDays + spreadDays} days before expiry at the earliest: none ever waits for a window. Give less than ${expiryMarginDays}`,
		);
	return found;
}

const ofFreezes = ({ freezes }: Configuration, now: Date): Warning[] =>
	freezes.flatMap(({ to }, index) =>
		Date.parse(to) <= now.getTime()
			? [{ path: ["freezes", index], message: `was over on ${to.slice(0, 10)}; take it out, or correct its year` }]
			: [],
	);
