// Who the app is at a git server.
// GL1. What was taken is kept, and asked for again where it is refused. Otherwise: a token that was renewed in the vault is
//      used only after a restart. Kept by: login.test.ts.

import { Fault } from "../../domain/fault.ts";
import type { Password } from "../../domain/password.ts";
import type { SecretStore } from "../../ports/secret-store.ts";

export interface GitLogin {
	/** As faults name it. */
	readonly credential: string;
	/** The value of the header `Authorization`. */
	authorization(options?: { readonly anew: boolean }): Promise<string>;
	/** The same token as an API takes it that knows no user names. */
	bearer(options?: { readonly anew: boolean }): Promise<string>;
}

/** A token that somebody put into the vault: it is renewed there by people. */
export function secretLogin(
	store: () => Promise<SecretStore>,
	{ vault, secret, user }: { readonly vault: string; readonly secret: string; readonly user: string },
): GitLogin {
	let kept: Password | undefined;
	async function token(options?: { readonly anew: boolean }): Promise<string> {
		if (kept === undefined || options?.anew) {
			const found = await (await store()).latest(secret);
			if (found.state === "disabled") throw new Fault("secret-disabled", { vault, secret });
			if (found.state === "absent") throw new Fault("secret-missing", { vault, secret });
			kept = found.value;
		}
		return kept.reveal();
	}
	return {
		credential: `secret ${secret} of vault ${vault}`,
		authorization: async (options) => `Basic ${Buffer.from(`${user}:${await token(options)}`).toString("base64")}`,
		bearer: async (options) => `Bearer ${await token(options)}`,
	};
}

/** The audience of Azure DevOps. @see https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity */
export const azureDevOpsScope = "499b84ac-1321-427f-aa17-267ca6975798/.default";

/** The app's own identity: nothing is stored. */
export function entraLogin(token: (options?: { readonly anew: boolean }) => Promise<string>): GitLogin {
	const bearer: GitLogin["bearer"] = async (options) => `Bearer ${await token(options)}`;
	return { credential: "the app's identity", authorization: bearer, bearer };
}
