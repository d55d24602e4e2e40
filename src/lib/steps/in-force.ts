// Whether a value is in force: whether what it holds lets anyone in; where only consumers know it, whether it is live.
// IF1. A value in another form than the configuration gives lets nobody in, and is never tried as a password. Otherwise: a server
//      that counts failures locks the role because of a template.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import type { Itself, Values } from "../domain/render.ts";
import type { Managed } from "./managed.ts";

export type Accepts = (value: Password) => Promise<boolean>;

/** Asks the database each time, or the vault. */
export const accepting =
	(ports: Ports, { content: { account, read }, name, secret }: Managed): Accepts =>
	async (value) => {
		if (!account) {
			const live = await (await ports.store(secret.vault)).latest(name);
			return live.state === "present" && live.value.equals(value);
		}
		const login = read(value);
		return login !== undefined && "role" in login && (await ports.database(account.server)).accepts(login);
	};

/**
 * @throws Fault `value-unreadable`
 */
export function readable({ content, name, secret: { vault } }: Managed, value: Password): Values | Itself {
	return content.read(value) ?? unreadable({ name, secret: { vault } });
}

export function unreadable({ name, secret: { vault } }: { name: string; secret: { vault: string } }): never {
	throw new Fault("value-unreadable", { vault, secret: name });
}

/** @returns why nobody can log in with it; `undefined` of one that it may be */
export function unusable({ content, name, secret: { vault } }: Managed, value: Password): Fault | undefined {
	const names = { vault, secret: name };
	if (value.isEmpty) return new Fault("secret-empty", names);
	return content.read(value) ? undefined : new Fault("value-unreadable", names);
}

/** What is tried of a value: the password in it, or the value itself. */
export function passwordOf({ content }: Managed, value: Password): Password | undefined {
	const found = content.read(value);
	return found && ("password" in found ? found.password : found.value);
}
