// Who the app is at a git server.
// GL1. What was taken is kept, and asked for anew where it is refused. Otherwise: a token that was renewed in the vault is used
//      only after a restart. Kept by: login.test.ts.

import { Fault } from "../../domain/fault.ts";
import type { SecretStore } from "../../ports/secret-store.ts";

export interface GitLogin {
	/** As faults name it. */
	readonly credential: string;
	/** The value of the header `Authorization`. */
	authorization(options?: { readonly anew: boolean }): Promise<string>;
}

/** A token that somebody put into the vault: it is renewed there by people. */
export function secretLogin(
	store: () => Promise<SecretStore>,
	{ vault, secret, user }: { readonly vault: string; readonly secret: string; readonly user: string },
): GitLogin {
	let kept: string | undefined;
	return {
		credential: `secret ${secret} of vault ${vault}`,
		async authorization(options) {
			if (kept === undefined || options?.anew) {
				const found = await (await store()).latest(secret);
				if (found.state === "disabled") throw new Fault("secret-disabled", { vault, secret });
				if (found.state === "absent") throw new Fault("secret-missing", { vault, secret });
				kept = `Basic ${Buffer.from(`${user}:${found.value.reveal()}`).toString("base64")}`;
			}
			return kept;
		},
	};
}

/** The audience of Azure DevOps. @see https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity */
export const azureDevOpsScope = "499b84ac-1321-427f-aa17-267ca6975798/.default";

/** The app's own identity: nothing is stored. */
export const entraLogin = (token: (options?: { readonly anew: boolean }) => Promise<string>): GitLogin => ({
	credential: "the app's identity",
	authorization: async (options) => `Bearer ${await token(options)}`,
});
