// What we write, opened by readers that are not ours: one that was tried on the real SOPS's files, and npm's sops-decoder.

import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decrypt } from "sops-decoder";
import { parse } from "yaml";
import { openedYaml } from "../../../../local/agents/sops.ts";
import { close, listen } from "../../../../packages/loopback/index.ts";
import { encryptedWith, fitting, manifest, type OwnSopsKeys, sopsKeys } from "../../../support/sops-file.ts";

const decoded = (encoded: unknown) => Buffer.from(String(encoded), "base64").toString();

let keys: OwnSopsKeys;
beforeAll(async () => {
	keys = await sopsKeys();
});

const byEach = (text: string) =>
	Promise.all([openedYaml(text, { age: keys.ageIdentity }), openedYaml(text, { rsa: keys.privateKey })]);

describe("A file with new values", () => {
	test("is opened by each of its recipients, with the values, under one data key", async () => {
		const text = await encryptedWith(
			manifest(keys),
			keys,
			{ "db-password": "new-password" },
			{ "titanic/version": "1" },
		);
		const [byAge, byVaultKey] = await byEach(text);
		for (const { tree, isMacRight } of [byAge, byVaultKey]) {
			expect(isMacRight).toBe(true);
			expect(decoded((tree.data as Record<string, string>)["db-password"])).toBe("new-password");
			expect(tree).toMatchObject({
				kind: "Secret",
				metadata: {
					name: "titanic-api-secrets",
					labels: { app: "titanic-api" },
					annotations: { "titanic/version": "1" },
				},
			});
		}
		expect(byAge.dataKey).toEqual(byVaultKey.dataKey);
	});

	test("has another data key and other IVs each time, and nothing of the values in clear", async () => {
		const values = { "db-password": "new-password" };
		const [one, other] = [
			await encryptedWith(manifest(keys), keys, values),
			await encryptedWith(manifest(keys), keys, values),
		];
		const [[first], [second]] = [await byEach(one), await byEach(other)];
		expect(first.dataKey).not.toEqual(second.dataKey);
		expect(parse(one).data).not.toEqual(parse(other).data);
		for (const form of ["new-password", Buffer.from("new-password").toString("base64")])
			expect(one).not.toContain(form);
	});

	test("differs from the one before in what had to change alone", async () => {
		const text = await encryptedWith(
			manifest(keys),
			keys,
			{ "db-password": "new-password" },
			{ "titanic/version": "1" },
		);
		const next = await encryptedWith(text, keys, { "db-password": "newer-password" }, { "titanic/version": "2" });
		const changed = next.split("\n").filter((line, index) => line !== text.split("\n")[index]);
		const blanked = changed.map((line) => line.replace(/ENC\[.*\]/, "ENC").trim());
		expect(blanked.filter((line) => !/^[A-Za-z0-9+/=]{2,}$/.test(line))).toEqual([
			'titanic/version: "2"',
			"db-password: ENC",
			expect.stringMatching(/^enc: [\w-]+$/),
			"mac: ENC",
		]);
		expect(next.split("\n")).toHaveLength(text.split("\n").length);
	});

	test("has a time of whole seconds, as Go prints it", async () => {
		const text = await encryptedWith(manifest(keys), keys, { "db-password": "x" });
		expect(text).toContain('lastmodified: "2026-11-28T19:00:00Z"');
		expect(text).toContain('created_at: "2026-11-28T19:00:00Z"');
	});

	test("keeps its rule that the MAC is over the encrypted values alone", async () => {
		const text = await encryptedWith(manifest(keys, { more: "    mac_only_encrypted: true\n" }), keys, {
			"db-password": "x",
		});
		for (const { isMacRight } of await byEach(text)) expect(isMacRight).toBe(true);
		const renamed = await openedYaml(text.replace("app: titanic-api", "app: other"), { age: keys.ageIdentity });
		expect(renamed.isMacRight).toBe(true);
	});

	test("has a MAC over lists, booleans, nulls and texts that look like something else", async () => {
		const odd = manifest(keys).replace(
			"type: Opaque\n",
			`    finalizers: [example.com/one, "2026-11-28"]
    annotations:
        date: 2026-11-28
        octal: "0777"
        yes: yes
        nothing:
        empty: ""
type: Opaque
immutable: false
`,
		);
		for (const { isMacRight, tree } of await byEach(await encryptedWith(odd, keys, { "db-password": "x" }))) {
			expect(isMacRight).toBe(true);
			expect(tree.metadata).toMatchObject({
				annotations: { date: "2026-11-28", octal: "0777", yes: "yes", nothing: null },
			});
		}
	});

	test("holds any value and any annotation", async () => {
		const text = fc.oneof(
			fc.string({ unit: "binary", maxLength: 200 }),
			fc.constantFrom("", " ", "#", "ENC[", "---", "\u2028"),
		);
		const name = fc.stringMatching(/^[a-z][a-z0-9._-]{0,20}$/).filter((key) => !["data", "__proto__"].includes(key));
		await fc.assert(
			fc.asyncProperty(fc.dictionary(name, text, { minKeys: 1, maxKeys: 4 }), text, async (values, note) => {
				const whole = note.toWellFormed();
				const file = manifest(keys, { keys: Object.keys(values) });
				const written = await encryptedWith(file, keys, values, { "titanic/note": whole });
				const { tree, isMacRight } = await openedYaml(written, { age: keys.ageIdentity });
				expect(isMacRight).toBe(true);
				const found = tree.data as Record<string, string>;
				for (const [key, value] of Object.entries(values)) expect(decoded(found[key])).toBe(value.toWellFormed());
				expect(tree.metadata).toMatchObject({ annotations: { "titanic/note": whole } });
				expect(fitting(written).annotations["titanic/note"]).toBe(whole);
			}),
			{ numRuns: 30 },
		);
	}, 120_000);
});

describe("npm's sops-decoder", () => {
	let dataKey: Uint8Array = new Uint8Array();
	let server: Server;
	const before = { ...process.env };
	beforeAll(async () => {
		// The only service whose keys it knows, answering with the data key.
		server = createServer((_, answer) => {
			answer.setHeader("content-type", "application/x-amz-json-1.1");
			answer.end(JSON.stringify({ KeyId: "any", Plaintext: Buffer.from(dataKey).toString("base64") }));
		});
		process.env.AWS_ENDPOINT_URL_KMS = await listen(server);
		process.env.AWS_ACCESS_KEY_ID = "none";
		process.env.AWS_SECRET_ACCESS_KEY = "none";
	});
	afterAll(async () => {
		process.env = before;
		await close(server);
	});

	const kms = [{ arn: "arn:aws:kms:eu-west-1:000000000000:key/any", enc: "bm9ib2R5J3M=" }];
	const byDecoder = async (text: string) => {
		({ dataKey } = await openedYaml(text, { rsa: keys.privateKey }));
		const { sops, ...tree } = parse(text);
		return decrypt({ ...tree, sops: { ...sops, kms } }) as Promise<Record<string, unknown>>;
	};

	test.each(["", "    mac_only_encrypted: true\n"])("opens it and finds its MAC right %j", async (more) => {
		const values = { "db-password": "new-password", "database-url": "postgresql://titanic:new-password@db/titanic" };
		const file = manifest(keys, { keys: Object.keys(values), more }).replace(
			"type: Opaque\n",
			"type: Opaque\nimmutable: false\n",
		);
		const text = await encryptedWith(file, keys, values, { "titanic/version": "1" });
		const { data } = await byDecoder(text);
		for (const [key, value] of Object.entries(values))
			expect(decoded((data as Record<string, string>)[key])).toBe(value);
		const flipped = (_: string, before: string, first: string) => before + (first === "A" ? "B" : "A");
		await expect(byDecoder(text.replace(/(mac: ENC\[AES256_GCM,data:)(.)/, flipped))).rejects.toThrow();
	});

	test("refuses it when a value in clear was changed", async () => {
		const text = await encryptedWith(manifest(keys), keys, { "db-password": "new-password" });
		await expect(byDecoder(text.replace("app: titanic-api", "app: other"))).rejects.toThrow("Hash mismatch");
	});
});
