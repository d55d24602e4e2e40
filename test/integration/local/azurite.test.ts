import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { ContainerClient } from "@azure/storage-blob";
import { afterAll, expect, test } from "@jest/globals";
import { type AzuriteOptions, startAzurite } from "../../../local/azurite/azurite.ts";
import { startIdentity } from "../../../packages/identity/index.ts";
import { selfSigned } from "../../../packages/loopback/index.ts";
import { eventually } from "../agents/eventually.ts";

const trusted = getCACertificates("default");
afterAll(() => setDefaultCACertificates(trusted));

async function started(options?: AzuriteOptions) {
	await using stack = new AsyncDisposableStack();
	const azurite = stack.use(await startAzurite(options));
	const identity = stack.use(await startIdentity());
	setDefaultCACertificates([...trusted, azurite.ca]);
	const app = { objectId: randomUUID(), clientId: randomUUID(), name: "app" };
	const container = new ContainerClient(`${azurite.url}/kept`, identity.managedIdentity(app).credential());
	const owned = stack.move();
	return { azurite, container, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test("what was stored is there after a restart, at the same address, and can be found below the folder", async () => {
	await using given = await started();
	const { azurite, container } = given;
	await container.create();
	await container.uploadBlockBlob("canary", "canary-1234", 11);
	await azurite.restart();
	expect((await container.getBlobClient("canary").downloadToBuffer()).toString()).toBe("canary-1234");
	const names = await readdir(azurite.folder, { recursive: true, withFileTypes: true });
	const files = names.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name));
	const found = await Promise.all(files.map(async (file) => (await readFile(file)).includes("canary-1234")));
	expect(found).toContain(true);
});

test("in memory, what was stored is gone after a restart", async () => {
	await using given = await started({ inMemory: true });
	const { azurite, container } = given;
	await container.create();
	expect(await container.exists()).toBe(true);
	await azurite.restart();
	expect(await container.exists()).toBe(false);
});

test("a token is needed, of Azure's form and for Blob Storage", async () => {
	await using given = await started();
	const { azurite } = given;
	const anonymous = new ContainerClient(`${azurite.url}/kept`);
	await expect(anonymous.create()).rejects.toMatchObject({ statusCode: 403 });
	await using identity = await startIdentity();
	const app = { objectId: randomUUID(), clientId: randomUUID(), name: "app" };
	const credential = identity.managedIdentity(app).credential();
	const foreign = { getToken: () => credential.getToken("https://vault.azure.net/.default") };
	const refused = new ContainerClient(`${azurite.url}/kept`, foreign).create();
	await expect(refused).rejects.toMatchObject({ statusCode: 403, code: "AuthenticationFailed" });
});

test("its folder is gone after it, and nothing listens", async () => {
	const azurite = await startAzurite();
	expect(await listens(azurite.url)).toBe(true);
	await azurite[Symbol.asyncDispose]();
	expect(existsSync(azurite.folder)).toBe(false);
	expect(await listens(azurite.url)).toBe(false);
});

test("one that cannot start says why", async () => {
	const { cert } = await selfSigned();
	await expect(startAzurite({ tls: { cert, key: "no key" } })).rejects.toThrow(/Azurite did not start: .+/s);
});

test("a killed parent leaves no server and no folder behind", async () => {
	const module = new URL("../../../local/azurite/azurite.ts", import.meta.url).href;
	const script = `const { startAzurite } = await import(${JSON.stringify(module)});
		const { url, folder } = await startAzurite(); console.log(JSON.stringify({ url, folder }));`;
	const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const [said] = await once(parent.stdout, "data");
	const { url, folder } = JSON.parse(said);
	expect(await listens(url)).toBe(true);
	parent.kill("SIGKILL");
	await eventually(async () => expect(await listens(url)).toBe(false));
	await eventually(() => expect(existsSync(folder)).toBe(false));
});

async function listens(url: string): Promise<boolean> {
	const socket = createConnection(Number(new URL(url).port), "127.0.0.1");
	return once(socket, "connect").then(
		() => {
			socket.destroy();
			return true;
		},
		() => false,
	);
}
