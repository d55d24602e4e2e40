// The configuration in a container of blobs, on a running host: a change is in force without a deployment, a broken one changes
// nothing, and a host that starts while it is broken has the last good one.

import { readFile } from "node:fs/promises";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { afterEach, beforeAll, expect, test } from "@jest/globals";
import { parse, stringify } from "yaml";
import { until } from "../../local/until.ts";
import { identities } from "../../local/world.ts";
import { auditLog, auditOf, rotated, stackFor, withoutConsumers } from "./support/scene.ts";

const name = "rotation.config.yaml";
let container: ContainerClient;
let text: string;

const upload = (content: string) => container.getBlockBlobClient(name).upload(content, Buffer.byteLength(content));

const stack = stackFor({
	settings: async ({ azurite, identity, configFile }) => {
		const credential = identity.managedIdentity(identities.rotator).credential();
		container = new BlobServiceClient(azurite.url, credential).getContainerClient("configuration");
		await container.create();
		const config = parse(await readFile(configFile, "utf8"));
		withoutConsumers(config);
		text = stringify(config);
		await upload(text);
		return { ROTATION_CONFIG_FILE: name, ROTATION_CONFIG_CONTAINER_URL: container.url };
	},
});

const health = async () => {
	const answer = await stack().api("health", { roles: ["Rotation.Read"] });
	return (await answer.json()) as {
		configuration: { valid: boolean; hash: string };
		freezes: number;
		problems?: { code: string; message: string }[];
	};
};
const withFreeze = (reason: string): string => {
	const config = parse(text);
	const [from, to] = [-1, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
	config.freezes = [{ from, to, reason }];
	return stringify(config);
};

let first: string;
beforeAll(async () => {
	first = (await health()).configuration.hash;
});
afterEach(() => upload(text));

test("a rotation runs by it, and the log has its hash", async () => {
	const { rotationId, outcome } = await rotated(stack(), { force: true });
	expect(outcome).toBe("completed");
	const hashes = (await auditOf(stack(), rotationId)).flatMap(({ configHash }) => configHash ?? []);
	expect(new Set(hashes)).toEqual(new Set([first]));
	const taken = (await auditLog(stack())).filter(({ data }) => data.code === "configuration-taken");
	expect(taken.map(({ data }) => data.configHash)).toEqual([first]);
});

test("a change is in force within minutes on the host that runs; a broken one after it changes nothing, not even for a host that starts then", async () => {
	await upload(withFreeze("year end"));
	const frozen = await until("the changed configuration", 150, async () => {
		const now = await health();
		return now.configuration.hash === first ? undefined : now;
	});
	expect(frozen).toMatchObject({ configuration: { valid: true }, freezes: 1 });

	await upload("secrets: [this is no configuration");
	await stack().host!.restart();
	const after = await until("the host's health", 60, async () => (await health().catch(() => undefined)) ?? undefined);
	expect(after).toMatchObject({ configuration: frozen.configuration, freezes: 1 });
	expect(after.problems).toContainEqual(expect.objectContaining({ code: "configuration-passed-over" }));
	expect(await rotated(stack(), { force: true })).toMatchObject({ outcome: "completed" });
});
