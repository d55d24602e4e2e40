// The configuration in a container of blobs, on a real Azurite.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { blobConfiguration } from "../../src/lib/adapters/blob/configuration.ts";
import { loadedFrom } from "../../src/lib/config/load.ts";
import { type Storage, startStorage } from "../support/storage.ts";
import { right } from "../unit/config/wrong-files.ts";

const key = (name: string) => `secrets:\n  ${name}:\n    vault: main\n    strategy: random-value\n`;

let storage: Storage;
beforeAll(async () => {
	storage = await startStorage();
}, 60_000);
afterAll(async () => {
	await storage?.[Symbol.asyncDispose]();
});

async function written(files: Readonly<Record<string, string>>) {
	const { url, client } = await storage.container();
	const put = async (name: string, text: string) =>
		void (await client.getBlockBlobClient(name).upload(text, Buffer.byteLength(text)));
	for (const [name, text] of Object.entries(files)) await put(name, text);
	return { look: blobConfiguration({ containerUrl: url, credential: storage.credential }), put, client };
}

test("files include blobs of the same container, by name and by pattern", async () => {
	const { look } = await written({
		"first.yaml": `include: ["teams/*.yaml"]\n${right}`,
		"teams/web.yaml": key("web-key"),
		"teams/notes.txt": "not read",
	});
	const { source } = await look();
	const { config } = await loadedFrom(source, "first.yaml", ".");
	expect(Object.keys(config.secrets)).toEqual(["db-password", "web-key"]);
});

test("any change shows, and what was listed is never read mixed with what came after", async () => {
	const { look, put } = await written({ "first.yaml": `include: [web.yaml]\n${right}`, "web.yaml": key("web-key") });
	const before = await look();
	expect((await look()).stamp).toBe(before.stamp);
	await put("web.yaml", key("other-key"));
	expect((await look()).stamp).not.toBe(before.stamp);
	await expect(loadedFrom(before.source, "first.yaml", ".")).rejects.toMatchObject({
		code: "configuration-unreachable",
	});
	const { config } = await loadedFrom((await look()).source, "first.yaml", ".");
	expect(config.secrets).toHaveProperty("other-key");
});

test("no container, and no answer, are an outage that names it, without a query", async () => {
	const { url } = await storage.container();
	const gone = blobConfiguration({ containerUrl: `${url}-gone`, credential: storage.credential });
	await expect(gone()).rejects.toMatchObject({ code: "configuration-unreachable", names: { store: `${url}-gone` } });
});
