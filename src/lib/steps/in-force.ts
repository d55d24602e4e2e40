// Whether a value is in force: whether what is in it lets anyone in.
// IF1. A value in another form than the configuration gives lets nobody in, and is never tried as a password. Otherwise: a server
//      that counts failures locks the role because of a template.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import type { Values } from "../domain/render.ts";
import type { Managed } from "./managed.ts";

export type Accepts = (value: Password) => Promise<boolean>;

/** Asks the database each time. */
export const accepting =
	(ports: Ports, { content }: Managed): Accepts =>
	async (value) => {
		const login = content.read(value);
		return login !== undefined && (await ports.database(content.account.server)).accepts(login);
	};

/**
 * @param of the secret that has it; the live one by default
 * @throws Fault `value-unreadable`
 */
export function readable({ content, name, secret: { vault } }: Managed, value: Password, of = name): Values {
	const found = content.read(value);
	if (!found) throw new Fault("value-unreadable", { vault, secret: of });
	return found;
}

/** @returns why nobody can log in with it; `undefined` of one that it may be */
export function unusable({ content, name, secret: { vault } }: Managed, value: Password): Fault | undefined {
	const names = { vault, secret: name };
	if (value.isEmpty) return new Fault("secret-empty", names);
	return content.read(value) ? undefined : new Fault("value-unreadable", names);
}
