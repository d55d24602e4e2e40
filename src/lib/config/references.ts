// Names that stand for something else in the file: whether there is such a thing. Asked of what the file holds as it is, so that a
// mistake elsewhere does not hide these.

import { nearest } from "../domain/nearest.ts";
import { isWord } from "./fields.ts";

interface Wrong {
	readonly path: PropertyKey[];
	readonly message: string;
}
type Kind = "vaults" | "servers" | "clusters" | "repositories" | "secrets";

const isMapping = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);
const entriesOf = (value: unknown): [string, Record<string, unknown>][] =>
	isMapping(value) ? Object.entries(value).flatMap(([key, one]) => (isMapping(one) ? [[key, one]] : [])) : [];
const itemsOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** @param data the file's, whatever it is */
export function unknownNames(data: unknown): Wrong[] {
	if (!isMapping(data)) return [];
	const found: Wrong[] = [];
	const known = (kind: Kind, name: unknown, path: PropertyKey[]) => {
		const things = data[kind] ?? (kind === "clusters" || kind === "repositories" ? {} : undefined);
		// What is not a mapping is reported as such.
		if (typeof name !== "string" || !isMapping(things) || Object.hasOwn(things, name)) return;
		found.push({ path, message: notOne(kind, name, Object.keys(things)) });
	};
	const inLogin = (login: unknown, path: PropertyKey[]) => {
		if (!isMapping(login)) return;
		known("vaults", login.vault, [...path, "vault"]);
		if (isMapping(login.recovery)) known("vaults", login.recovery.vault, [...path, "recovery", "vault"]);
	};
	for (const [name, secret] of entriesOf(data.secrets)) {
		const at = ["secrets", name];
		known("vaults", secret.vault, [...at, "vault"]);
		known("servers", secret.server, [...at, "server"]);
		inLogin(secret.login, [...at, "login"]);
		for (const [index, one] of itemsOf(secret.consumers).entries()) {
			if (!isMapping(one)) continue;
			const consumer = [...at, "consumers", index];
			known("clusters", one.cluster, [...consumer, "cluster"]);
			if (isMapping(one.delivery))
				known("repositories", one.delivery.repository, [...consumer, "delivery", "repository"]);
		}
	}
	for (const [name, { login }] of entriesOf(data.repositories)) inLogin(login, ["repositories", name, "login"]);
	for (const [index, freeze] of itemsOf(data.freezes).entries())
		if (isMapping(freeze))
			for (const [at, name] of itemsOf(freeze.secrets).entries())
				known("secrets", name, ["freezes", index, "secrets", at]);
	for (const [name, channel] of entriesOf(data.notifications)) {
		const at = ["notifications", name];
		if (isMapping(channel.address)) known("vaults", channel.address.vault, [...at, "address", "vault"]);
		for (const [index, key] of itemsOf(channel.signing).entries())
			if (isMapping(key)) known("vaults", key.vault, [...at, "signing", index, "vault"]);
		for (const [index, id] of itemsOf(channel.secrets).entries()) known("secrets", id, [...at, "secrets", index]);
	}
	return found;
}

/** The name that is there is shown where it can be no secret: see FI1 of fields.ts. */
function notOne(kind: Kind, name: string, known: readonly string[]): string {
	const meant = nearest(name, known);
	const shown = isWord(name) || meant !== undefined ? `is ${JSON.stringify(name)}, which is` : "is";
	const list = known.length > 20 ? `${known.slice(0, 20).join(", ")}, ...` : known.join(", ");
	return `${shown} not one of ${kind}; ${meant === undefined ? `give: ${list || "(there are none)"}` : `did you mean ${meant}?`}`;
}
