// What made-up.test.ts runs in its copy of the project, where the made-up strategy and path are registered: a whole rotation by
// the product's own steps.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { ClusterClient } from "../../../src/lib/adapters/kubernetes/client.ts";
import type { ConsumerConfig } from "../../../src/lib/config/configuration.ts";
import { deliveryPath } from "../../../src/lib/paths/index.ts";
import { nothingOutside } from "../../contract/support/outside.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

test("a made-up strategy's value is set, brought by a made-up path and proved", async () => {
	const madeUpShare = mkdtempSync(join(tmpdir(), "made-up-share-"));
	try {
		const world = rotationWorld();
		const secret = world.config.secrets["db-password"];
		Object.assign(secret, { strategy: "made-up", madeUpBytes: 32 });
		Object.assign(secret.consumers[0]!, { delivery: { path: "made-up", madeUpShare } });
		world.ports.deliveryPath = async (path: ConsumerConfig["delivery"]["path"]) =>
			deliveryPath(path, {} as ClusterClient, nothingOutside);

		for (const name of ["db-password", "db-connection-string"])
			writeFileSync(join(madeUpShare, name), world.vault.versions(name).at(-1)!.value);

		const { result } = await world.run(world.request());

		expect(result).toMatchObject({ outcome: "completed", consumers: [{ delivered: true }] });
		const { value, version } = world.live();
		expect(value).toMatch(/^made-up\.[\w-]{43}$/);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
		expect(await world.accepts(world.firstPassword)).toBe(false);
		expect(readFileSync(join(madeUpShare, "db-password"), "utf8")).toBe(value);
		const pods = world.deployment.pods.map(({ name }) => ({ pod: name, ready: true, proved: true, version }));
		expect(pods).toHaveLength(2);
		expect(result.consumers?.[0]).toMatchObject({ pods });
		expect((await world.chain()).bad).toBeUndefined();
	} finally {
		rmSync(madeUpShare, { recursive: true });
	}
});
