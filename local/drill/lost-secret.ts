// Secret and connection string are deleted and purged: nothing in the vault brings them back.

import { BlobServiceClient } from "@azure/storage-blob";
import { until } from "../until.ts";
import { identities } from "../world.ts";
import type { Drill } from "./drill.ts";
import { live, loginWith, rotator, secrets, swept } from "./operator.ts";
import { whole } from "./whole.ts";

export const lostSecret: Drill = {
	disaster: "the secret and its connection string were deleted and purged",
	async prepare({ stack, signal, step }) {
		const { vault, azurite, identity, settings } = stack;
		const versions = secrets.map((name) => vault.owner.get(name)?.version ?? "");
		const credential = identity.managedIdentity(identities.rotator).credential();
		const container = new BlobServiceClient(azurite.url, credential).getContainerClient("backups");
		await swept(stack, signal);
		const backups = async () => {
			const blobs = await Array.fromAsync(container.listBlobsFlat());
			return versions.every((version) => blobs.some(({ name }) => name.includes(version))) || undefined;
		};
		await until("the sweep's backups", 90, backups, signal);
		return async () => {
			const old = live(stack);
			for (const name of secrets) {
				vault.owner.delete(name);
				vault.owner.purge(name);
			}
			await step("rotator", "the sweep reports that the secret is gone", async () => {
				const seen = await swept(stack, signal);
				if (!seen?.problem) throw new Error("The sweep says nothing of it.");
			});
			const file = settings.ROTATION_CONFIG_FILE!;
			const args = ["restore", "db-password", "--config", file, "--confirm", "db-password"];
			await step("person", "rotator restore db-password --config rotation.config.yaml", () =>
				rotator(stack, args, signal),
			);
			const restored = {
				says: "each has the very version that it had before, and the database takes it",
				holds:
					secrets.every((name, at) => vault.owner.get(name)?.version === versions[at]) &&
					live(stack) === old &&
					(await loginWith(stack, old)) === "in",
			};
			const plan = ["rotate", "db-password", "--dry-run", "--force", "--wait"];
			await step("person", `rotator ${plan.join(" ")}: nothing stands in the next one's way`, () =>
				rotator(stack, plan, signal),
			);
			return [restored, ...(await whole(stack))];
		};
	},
};
