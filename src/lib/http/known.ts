// Which managed secret is meant, and what helps somebody whose name is none.

import type { Ports } from "../app.ts";
import type { Configuration, ManagedSecret } from "../config/configuration.ts";
import { Fault } from "../domain/fault.ts";
import { secretOfRotation } from "../domain/ids.ts";
import { didYouMean } from "../domain/nearest.ts";

/** @throws Fault `secret-not-configured`, which names the secret that it is derived from, or one that is called much the same */
export function secretOf({ secrets }: Configuration, id: string): ManagedSecret {
	const found = Object.hasOwn(secrets, id) ? secrets[id] : undefined;
	if (found) return found;
	throw new Fault("secret-not-configured", { secret: id, hint: hintFor(secrets, id) });
}

/** @returns Fault `rotation-unknown`, with the id that was probably meant, or its secret's last one */
export async function unknownRotation(ports: Ports, rotationId: string): Promise<Fault> {
	const hint = await meantInstead(ports, rotationId).catch(() => undefined);
	return new Fault("rotation-unknown", { rotationId, ...(hint !== undefined && { hint }) });
}

async function meantInstead(ports: Ports, rotationId: string): Promise<string | undefined> {
	const secret = secretOfRotation(rotationId)!;
	const { secrets } = (await ports.configuration()).config;
	if (!Object.hasOwn(secrets, secret))
		return new Fault("secret-not-configured", { secret, hint: hintFor(secrets, secret) }).sentence;
	const ids = (await (await ports.records()).runsOf(secret)).map((run) => run.rotationId);
	const meant = didYouMean(rotationId, ids).trim();
	return meant || (ids[0] && `The last one of ${secret} that is over is ${ids[0]}.`);
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
