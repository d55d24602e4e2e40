// The host is killed between ALTER ROLE and publishing: the durable host hands the activity out again after half a minute, in
// production after a whole one. Nobody can log in until somebody finishes the switch, and that is the process that starts.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { prove } from "../../local/proof.ts";
import { follow } from "../../local/rotation-watch.ts";
import { until } from "../../local/until.ts";
import { type Front, startFront, writeOf } from "./support/front.ts";
import { auditOf, configure, idle, loginWithLive, requested, stackFor } from "./support/scene.ts";

const minutes = 60_000;
const parts = new AsyncDisposableStack();
let vault: Front;

const stack = stackFor({
	settings: {
		AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout: "00:00:30",
	},
});
beforeAll(async () => {
	vault = parts.use(await startFront(stack().vault.url));
	await configure(stack(), (config) => {
		config.vaults.main.url = vault.url;
	});
});
afterAll(() => parts.disposeAsync());

/** Longer than a start takes on a busy machine, and as long as the durable host waits at least: it renews its half minute halfway. */
const mostSeconds = 15;

test(
	"killed between ALTER ROLE and publishing, the app lets everybody in again as soon as it has started",
	async () => {
		const hold = vault.hold("before", writeOf("PUT", "db-password"));
		const rotationId = await requested(stack(), { force: true });
		await hold.reached;
		await stack().host?.kill();
		await hold.release();
		expect(await loginWithLive(stack())).toBe("28P01");

		const killed = Date.now();
		const restarted = stack().host?.restart();
		const login = async () => ((await loginWithLive(stack())) === "in" ? Date.now() : undefined);
		const after = (await until("a login with the live password", 240, login, undefined, 50)) - killed;
		await restarted;
		console.info(`A login with the live password ${after} ms after the restart began`);
		expect(after).toBeLessThan(mostSeconds * 1000);
		// Nobody but the start was that quick.
		const finished = (records: Awaited<ReturnType<typeof auditOf>>) =>
			records.filter(({ step, phase, code }) => step === "finishSecret" && phase === "outcome" && code === "published");
		const published = await until("its record", 60, async () => {
			const [record] = finished(await auditOf(stack(), rotationId));
			return record;
		});
		expect(published).toMatchObject({ actor: { user: { type: "app" } }, attempt: expect.stringMatching(/^start-up /) });

		const status = await follow(stack(), rotationId, { seconds: 300 });
		await idle(stack());
		expect(status).toMatchObject({ outcome: "completed", consumers: [{ delivered: true }] });
		// What the durable host hands out again finds it done.
		expect(Date.parse(status.endedAt ?? "") - killed).toBeGreaterThan(mostSeconds * 1000);
		expect(await auditOf(stack(), rotationId)).toContainEqual(
			expect.objectContaining({ step: "finishSecret", phase: "outcome", code: "already-published" }),
		);
		expect(await prove(stack())).toMatchObject({
			publishedLogsIn: true,
			derivedLogsIn: true,
			oldIsRefused: true,
			versions: 2,
			audit: { verified: true, openIntents: 0 },
			leaks: [],
		});
		expect(stack().vault.owner.versions("db-connection-string")).toHaveLength(2);
	},
	8 * minutes,
);
