import { test } from "@jest/globals";
import { rotationWorld } from "../../support/rotation-world.ts";
test("count", async () => {
	const world = rotationWorld();
	const t0 = +world.now();
	const run = await world.run(world.request());
	console.log(JSON.stringify(run.asked.map((c: any) => c.name ?? c.ask)), run.asked.length, (+world.now() - t0) / 1000);
	const c: Record<string, number> = {};
	for (const e of world.effects) { const k = e.split(" ").slice(0, 2).join(" "); c[k] = (c[k] ?? 0) + 1; }
	console.log(JSON.stringify(c, null, 1), world.audit.lines.length, world.audit.lines.join("\n").length);
	console.log(world.effects.join("\n"));
});
