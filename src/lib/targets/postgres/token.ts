// A session of the app's own identity: the server asks for a password, and takes an Entra access token for one.
// TO1. A token that is refused is renewed once. Otherwise: one that was issued before the role was made, or that was revoked, is
//      brought again for as long as it is kept. Kept by: entra-token.test.ts.

import { Fault } from "../../domain/fault.ts";
import { Password } from "../../domain/password.ts";
import type { At, Connection } from "./connection.ts";
import { openConnection } from "./settings.ts";

/**
 * @throws Fault `identity-rejected`, and whatever `Database.open` throws
 * @see https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-sign-in-azure-ad-authentication
 */
export async function asIdentity(at: At, role: string): Promise<Connection> {
	const { name: server, token } = at;
	if (!token) throw new Error("No tokens can be had for this server.");
	const connected = async (options?: { readonly anew: boolean }) =>
		openConnection(at, { role, password: new Password(await token(options)), isToken: true });
	return connected()
		.catch((error) => {
			if (isRejected(error)) return connected({ anew: true });
			throw error;
		})
		.catch((error) => {
			const detail = "it rejects the token";
			throw isRejected(error) ? new Fault("identity-rejected", { server, role, detail }) : error;
		});
}

const isRejected = (error: unknown): boolean => error instanceof Fault && error.code === "password-rejected";
