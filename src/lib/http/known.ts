// Which managed secret is meant, and what helps somebody whose name is none.

import type { Configuration, ManagedSecret } from "../config/configuration.ts";
import { Fault } from "../domain/fault.ts";
import { didYouMean } from "../domain/nearest.ts";

/** @throws Fault `secret-not-configured`, which names the secret that it is derived from, or one that is called much the same */
export function secretOf({ secrets }: Configuration, id: string): ManagedSecret {
	const found = Object.hasOwn(secrets, id) ? secrets[id] : undefined;
	if (found) return found;
	throw new Fault("secret-not-configured", { secret: id, hint: hintFor(secrets, id) });
}

function hintFor(secrets: Configuration["secrets"], asked: string): string {
	const entries = Object.entries(secrets);
	const [source] = entries.find(([, { derived }]) => derived.some(({ secret }) => same(secret, asked))) ?? [];
	if (source !== undefined) return `It is derived from ${source}, and changes with it`;
	const [named] = entries.find(([, { name }]) => same(name, asked)) ?? [];
	if (named !== undefined) return `The configuration calls it ${named}`;
	return didYouMean(asked, Object.keys(secrets)).trim();
}

const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
