// The documents' commands are run as they stand there, in their order, by a shell against the whole stack: an operator who
// copies one gets what the page says.

import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { follow, type Status } from "../../local/rotation-watch.ts";
import { until } from "../../local/until.ts";
import { audience } from "../../local/world.ts";
import { administrator, idle, loginWithLive, stackFor, standing } from "./support/scene.ts";

const run = promisify(execFile);
const hasShell = ["sh", "curl"].every((tool) => spawnSync(tool, ["-c", ":"]).error === undefined);
if (!hasShell) console.info("Not run: the documents' commands. They need sh and curl on the PATH.");

const commandsOf = (page: string): string[] => {
	const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
	return [...text.matchAll(/^```sh\n([^`]+)^```$/gm)].map(([, command]) => command!);
};

(hasShell ? describe : describe.skip)("the commands", () => {
	const stack = stackFor();
	const kubernetes = administrator(stack);

	/** @returns the answer's JSON; a status of 400 or more throws, as `--fail-with-body` has it */
	async function answerTo<T>(command: string, ID = ""): Promise<T> {
		const { host, identity } = stack();
		const TOKEN = await identity.operatorToken({
			...{ audience, objectId: crypto.randomUUID(), name: "operator", azp: crypto.randomUUID() },
			roles: ["Rotation.Read", "Rotation.Operate", "Audit.Read"],
		});
		const env = { PATH: process.env.PATH, APP: host?.url, TOKEN, ID };
		const { stdout } = await run("sh", ["-euc", command], { env });
		return JSON.parse(stdout) as T;
	}

	test("of deploy.md lead to the first proved rotation", async () => {
		const [managed, dryRun, look, rotate, audit, compliance, ...more] = commandsOf("deploy.md") as [
			...[string, string, string, string, string, string],
			...string[],
		];
		expect(more).toEqual([]);
		const { secrets } = await answerTo<{ secrets: { secret: string }[] }>(managed);
		expect(secrets.map(({ secret }) => secret)).toEqual(["db-password"]);

		const before = await standing(stack(), kubernetes());
		const planned = await answerTo<Status>(dryRun);
		await follow(stack(), planned.rotationId, { seconds: 180 });
		expect(await answerTo<Status>(look, planned.rotationId)).toMatchObject({ outcome: "planned" });
		await idle(stack());
		expect(await standing(stack(), kubernetes())).toEqual(before);

		const { rotationId } = await answerTo<Status>(rotate);
		await follow(stack(), rotationId, { seconds: 240 });
		const ended = await answerTo<Status>(look, rotationId);
		expect(ended).toMatchObject({ rotationId, outcome: "completed" });
		expect(ended.consumers?.[0]?.pods).toHaveLength(2);
		expect(await loginWithLive(stack())).toBe("in");

		await idle(stack());
		const { records } = await answerTo<{ records: { data: { step: string } }[] }>(audit, rotationId);
		expect(records.map(({ data }) => data.step)).toEqual(expect.arrayContaining(["setSecret", "roll", "verify"]));

		const headers = { "x-functions-key": stack().keys.master };
		await fetch(`${stack().host?.url}/admin/functions/sweep`, { method: "POST", headers, body: "{}" });
		const report = await until("the first report", 180, () =>
			answerTo<{ secrets: { state: string }[] }>(compliance).catch(() => undefined),
		);
		expect(report.secrets).toMatchObject([{ state: "compliant" }]);
	}, 180_000);

	test("of runbook.md show how things stand, and plan a repair without making it", async () => {
		const [history, show, reconcile, rollback, ...more] = commandsOf("runbook.md") as [
			...[string, string, string, string],
			...string[],
		];
		expect(more).toEqual([]);
		await idle(stack());
		const { rotations } = await answerTo<{ rotations: Status[] }>(history);
		expect(rotations[0]).toMatchObject({ outcome: "completed" });
		expect(await answerTo(show)).toMatchObject({ last: { outcome: "completed" } });

		const asRotated = await standing(stack(), kubernetes());
		const back = await follow(stack(), (await answerTo<Status>(rollback)).rotationId, { seconds: 180 });
		expect(back).toMatchObject({ outcome: "planned", code: "rolled-back", broughtBack: expect.any(String) });
		await idle(stack());
		expect(await standing(stack(), kubernetes())).toEqual(asRotated);

		stack().vault.owner.set("db-connection-string", "changed by hand");
		const before = await standing(stack(), kubernetes());
		const { rotationId } = await answerTo<Status>(reconcile);
		const planned = await follow(stack(), rotationId, { seconds: 180 });
		expect(planned).toMatchObject({ outcome: "planned", drift: [{ code: "derived-changed-by-hand" }] });
		expect(planned.changes?.length).toBeGreaterThan(0);
		await idle(stack());
		expect(await standing(stack(), kubernetes())).toEqual(before);
	}, 120_000);
});
