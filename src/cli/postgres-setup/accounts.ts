// What a managed secret says of its database.

import type { ManagedSecret } from "../../lib/config/configuration.ts";
import type { Accounts } from "../../lib/ports/database.ts";

export type DatabaseSecret = Extract<ManagedSecret, { server: string }>;

export const accountsOf = (secret: DatabaseSecret): Accounts =>
	"roles" in secret
		? { roles: secret.roles, owner: secret.owner, login: secret.login }
		: { roles: [secret.role], login: secret.login };
