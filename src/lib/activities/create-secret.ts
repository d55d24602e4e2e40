// Stores the new password as the pending secret, before the database hears of it.
// CS1. A pending password that this credential's rotation stored is reused. Otherwise: a retry writes a second one over
//      a password that the database may have by then.
// CS2. The pending secret is never deleted: soft delete takes its name for days.

import { Fault } from "../domain/fault.ts";
import { newPassword } from "../domain/password.ts";
import { type Activity, audited, type Ids } from "./boundary.ts";
import { managed, tag } from "./managed.ts";
import { credentialOf } from "./version.ts";

export interface CreateSecret extends Ids {
	readonly credentialId: string;
	readonly baseVersion: string;
}

export const createSecret: Activity<CreateSecret, { pendingVersion: string }> = async (ports, input, run) => {
	const target = await managed(ports, input.secret);
	const { pendingName, secret } = target;
	return audited(ports, run, input, ["createSecret"], { vault: secret.vault }, async (journal) => {
		const store = await ports.store(secret.vault);
		const found = await store.latest(pendingName);
		if (found.state === "present" && credentialOf(found) === input.credentialId) {
			journal.done("createSecret", "pending-kept", { newVersion: found.secret.version });
			return { pendingVersion: found.secret.version };
		}
		const intent = journal.intent("createSecret");
		const content = {
			value: newPassword(),
			tags: {
				[tag.rotationId]: input.credentialId,
				[tag.baseVersion]: input.baseVersion,
				[tag.target]: target.name,
			},
		};
		const write = () => store.write(intent, pendingName, content);
		const written = await write().catch(async (error) => {
			if (!(error instanceof Fault) || error.code !== "secret-deleted") throw error;
			await store.recover(intent, pendingName);
			return write();
		});
		journal.done("createSecret", "pending-stored", { newVersion: written.version });
		return { pendingVersion: written.version };
	});
};
