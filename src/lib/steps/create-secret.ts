// Stores the new password as the pending secret, before the database hears of it.
// CS1. Each execution makes a password of its own, whatever is there: a tag is no proof of who wrote it. A rollback takes the value
//      of the version that its plan names. The switch gets the version, not the name. Otherwise: anyone who writes the pending
//      secret at the right moment chooses the password. Kept by: planted.test.ts.
// CS2. What it covers stays enabled until the new password is live: the database may have it, after a rotation that was cut
//      short. Kept by: planted.test.ts.
// CS3. The pending secret is never deleted: soft delete takes its name for days.

import { Fault } from "../domain/fault.ts";
import type { VersionId } from "../domain/secret-version.ts";
import { tag } from "../domain/tags.ts";
import { type Activity, audited, type Ids } from "./boundary.ts";
import { expectWanted } from "./cancelled.ts";
import { accepting } from "./in-force.ts";
import { managed } from "./managed.ts";
import { type Next, nextValue } from "./next-value.ts";
import { enabledVersions } from "./pending.ts";

export interface CreateSecret extends Ids, Next {
	readonly credentialId: string;
	readonly baseVersion: string;
}

export interface Pending {
	readonly pendingVersion: VersionId;
	/** Enabled versions from before, which nobody needs once the new password is live. */
	readonly covered: readonly VersionId[];
}

export const createSecret: Activity<CreateSecret, Pending> = async (ports, input, run) => {
	const target = await managed(ports, input.secret);
	const { pendingName, secret } = target;
	const store = await ports.store(secret.vault);
	await expectWanted(ports, input, async () => {
		const live = await store.latest(target.name);
		return live.state === "present" && accepting(ports, target)(live.value);
	});
	// What is stored here must not take the room that a switch needs.
	using _ = await store.room(1, target.id);
	return await audited(
		ports,
		run,
		input,
		["createSecret"],
		{ vault: secret.vault, oldVersion: input.baseVersion },
		async (journal) => {
			const before = async () => (await enabledVersions(store, target)).map(({ version }) => version);
			let covered = (await store.latest(pendingName)).state === "present" ? await before() : [];
			const intent = journal.intent("createSecret");
			const { bringsBack } = input;
			const stored = {
				value: await nextValue(ports, target, input),
				tags: {
					[tag.rotationId]: input.credentialId,
					[tag.baseVersion]: input.baseVersion,
					[tag.target]: target.id,
					...(input.compromised && { [tag.compromised]: "true" }),
				},
			};
			const write = () => store.write(intent, pendingName, stored);
			const written = await write().catch(async (error) => {
				if (!(error instanceof Fault) || error.code !== "secret-deleted") throw error;
				await store.recover(intent, pendingName);
				covered = await before();
				return write();
			});
			const message = bringsBack === undefined ? undefined : `The value of version ${bringsBack}.`;
			journal.done("createSecret", "pending-stored", { newVersion: written.version, message });
			return { pendingVersion: written.version, covered };
		},
	);
};
