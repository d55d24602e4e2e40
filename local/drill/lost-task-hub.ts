// The app dies between ALTER ROLE and publishing, and everything that durable storage knew is gone: as when a region is lost with its task hub and
// the app is deployed in another one. Vault, database and records are there.

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { podsOf } from "../pods.ts";
import type { Stack } from "../stack.ts";
import { until } from "../until.ts";
import type { Drill } from "./drill.ts";
import { live, loginWith, swept } from "./operator.ts";
import { whole } from "./whole.ts";

/** As long as it takes to see that the database has the new password. */
const heldMs = 9_000;

export const lostTaskHub: Drill = {
	disaster: "the app died between ALTER ROLE and publishing, and its durable storage was lost",
	async prepare({ stack, signal, step }) {
		const { vault, host, folders } = stack;
		if (!host) throw new Error("There is no host.");
		// What ended just now is recorded first.
		await until("the end of what runs", 60, async () => ((await isIdle(stack)) ? true : undefined), signal);
		const old = live(stack);
		const publishing = {
			method: "PUT",
			path: /^\/secrets\/db-password(\/|$)/,
			delayMs: heldMs,
			cut: "before",
		} as const;
		return async () => {
			const letGo = vault.faults.inject(publishing);
			const body = { force: true, reason: "a drill" };
			const answer = await stack.api("secrets/db-password/rotations", { method: "POST", body });
			if (answer.status !== 202) throw new Error(`POST rotations: HTTP ${answer.status}`);
			const isOpen = async () => ((await loginWith(stack, old)) === "28P01" ? true : undefined);
			await until("the new password in the database", 60, isOpen, signal, 20);
			await host.kill();
			letGo();
			for (const name of await readdir(folders.state))
				await rm(join(folders.state, name), { recursive: true, force: true });
			const shut = {
				says: "nobody could log in with what the vault had",
				holds: live(stack) === old && (await loginWith(stack, old)) === "28P01",
			};
			await pause(heldMs, undefined, { signal });

			await step("person", "the app is started again, with an empty task hub", () => host.restart());
			await step("rotator", "by itself it publishes what the database has: logins work again", () =>
				until(
					"a login with the live password",
					120,
					async () => ((await loginWith(stack, live(stack))) === "in" ? true : undefined),
					signal,
				),
			);
			const found = await step("rotator", "the sweep goes on with the rotation, as far as each pod", async () => {
				const seen = await swept(stack, signal);
				await until("the end of the delivery", 240, async () => (await isDelivered(stack)) || undefined, signal, 500);
				return seen;
			});
			return [
				shut,
				{ says: "the sweep found it without the task hub", holds: found?.rotationId !== undefined },
				...(await whole(stack, old)),
			];
		};
	},
};

async function isDelivered(stack: Stack): Promise<boolean> {
	const version = stack.vault.owner.get("db-password")?.version;
	const pods = await podsOf(stack);
	return pods.length > 0 && pods.every((pod) => pod.ready && pod.version === version) && (await isIdle(stack));
}

async function isIdle(stack: Stack): Promise<boolean> {
	const answer = await stack.api("secrets", { roles: ["Rotation.Read"] });
	if (!answer.ok) return false;
	const { secrets } = (await answer.json()) as { secrets: { running?: object }[] };
	return secrets.every(({ running }) => running === undefined);
}
