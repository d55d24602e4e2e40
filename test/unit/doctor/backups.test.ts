// The rights to make backups, which are asked for only where backups are wanted.

import { expect, test } from "@jest/globals";
import { askApp } from "../../../src/lib/doctor/app.ts";
import { askVaults } from "../../../src/lib/doctor/vaults.ts";
import type { Rotations } from "../../../src/lib/ports/orchestration.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

/** What is found of rights to back up, as they are called. */
async function found(isWanted: boolean) {
	const world = rotationWorld();
	if (isWanted)
		Object.assign(world.config, { backups: { container: "https://titanicbak.example/backups", keepDays: 400 } });
	const rotations = { allRunning: async () => [] } as unknown as Rotations;
	const target = await managed(world.ports, "db-password");
	const systems = [
		...(await askApp(world.ports, rotations)),
		...(await askVaults(world.ports, (await world.ports.configuration()).config, target, { objectId: "1c5a" })),
	];
	return systems.flatMap(({ system, rights }) =>
		rights
			.filter(({ right }) => system === "Backups" || right.startsWith("backup "))
			.map(({ right, result }) => `${result} ${right}`),
	);
}

test("each is one that cannot be asked, of the managed and the derived secret and of the container", async () => {
	expect(await found(true)).toEqual([
		"unknown blobs/add/action",
		"unknown backup db-password",
		"unknown backup db-connection-string",
	]);
});

test("where no backups are wanted, no right is", async () => {
	expect(await found(false)).toEqual([]);
});
