// What a vault lacks of a managed secret, and what is backed up of it: as the person who runs the command may see it.
// RRS1. Only what is nowhere in the vault is restored, from the newest backup of its own name: what is there or can be recovered is left
//       alone. Otherwise: a person in a hurry puts an old password beside the live one. Kept by: restore.test.ts.

import type { KeptBackup } from "../../../lib/adapters/blob/backups.ts";
import type { ContainerOptions } from "../../../lib/adapters/blob/container.ts";
import type { Configuration } from "../../../lib/config/configuration.ts";

export type Standing = "there" | "deleted" | "gone";

export interface Lost {
	readonly secret: string;
	/** `deleted`: it can be recovered; `gone`: neither live nor deleted. */
	readonly standing: Standing;
	/** The latest first. */
	readonly backups: readonly KeptBackup[];
	/** What it would be restored from. */
	readonly from?: KeptBackup;
}

export interface Place {
	readonly vault: { readonly name: string; readonly url: string; readonly credential: ContainerOptions["credential"] };
	readonly container: { readonly containerUrl: string; readonly credential: ContainerOptions["credential"] };
}

/** @param before none that was made later */
export async function lookFor(
	{ vault, container }: Place,
	entry: Configuration["secrets"][string],
	before: Date | undefined,
): Promise<Lost[]> {
	const { keyVaultStore } = await import("../../../lib/adapters/key-vault/store.ts");
	const { backupsOf } = await import("../../../lib/adapters/blob/backups.ts");
	const store = keyVaultStore(vault);
	const host = new URL(vault.url).host;
	const found: Lost[] = [];
	for (const secret of [entry.name, ...entry.derived.map((derived) => derived.secret)]) {
		// By its versions: no value is read.
		const isThere = (await store.versions(secret)).length > 0;
		const standing = isThere ? "there" : (await store.deleted(secret)) ? "deleted" : "gone";
		const backups = await backupsOf(container, host, secret);
		const from = backups.find(({ at }) => before === undefined || Date.parse(at) <= before.getTime());
		found.push({ secret, standing, backups, ...(standing === "gone" && from && { from }) });
	}
	return found;
}
