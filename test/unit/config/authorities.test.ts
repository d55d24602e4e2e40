// Files of CAs as people have them: empty, DER, PKCS #7, cut off, in UTF-16, expired; by the loader and by config:check.

import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { selfSigned } from "../../../packages/loopback/index.ts";
import { configCheck } from "../../../src/cli/config-check.ts";
import { composePorts } from "../../../src/lib/composition.ts";
import { authoritiesOf, wrongFiles } from "../../../src/lib/config/authorities.ts";
import { loadConfiguration } from "../../../src/lib/config/load.ts";

let folder: string;
let good: string;
let second: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "authorities-"));
	[good, second] = (await Promise.all([selfSigned(), selfSigned()])).map(({ cert }) => cert) as [string, string];
}, 30_000);
afterAll(() => rm(folder, { recursive: true }));

const der = () => new X509Certificate(good).raw;
const half = () => good.slice(0, good.length / 2);
/** As `openssl crl2pkcs7 -nocrl` makes it: a list of certificates in one structure. */
const pkcs7 = (outform: string) => {
	const certificate = join(folder, "for-pkcs7.pem");
	return execFileSync("openssl", ["crl2pkcs7", "-nocrl", "-certfile", certificate, "-outform", outform]);
};

const configuration = `vaults:
  main: { url: "https://titanic-kv-prod.vault.azure.net" }
servers:
  pg:
    host: pg.example.org
    tls:
      ca: ca.pem
clusters:
  aks: { server: "https://aks.example.org" }
secrets:
  db-password: { vault: main, server: pg, role: titanic_admin, login: { mode: self } }
`;
/** @param content of ca.pem beside it; `undefined`: there is none */
async function written(content: string | Buffer | undefined): Promise<string> {
	const place = await mkdtemp(join(folder, "config-"));
	const file = join(place, "rotation.config.yaml");
	await writeFile(file, configuration);
	if (content !== undefined) await writeFile(join(place, "ca.pem"), content);
	return file;
}

const wrong: [string, () => string | Buffer | undefined, RegExp][] = [
	["a missing file", () => undefined, /^is not there; paths are relative to the configuration$/],
	["an empty file", () => "\n", /^is empty; .*leave the option out/],
	["DER", der, /^is DER, not PEM; convert it: openssl x509 -inform der/],
	["UTF-16", () => Buffer.from(`\uFEFF${good}`, "utf16le"), /^is in UTF-16; convert it: iconv -f UTF-16/],
	[
		"another text",
		() => "-----BEGIN PUBLIC KEY-----\n",
		/^has no certificate in it, no line -----BEGIN CERTIFICATE-----$/,
	],
	["two that were put together without a line's end", () => good.trimEnd() + second, /^is cut off or damaged;/],
	["a file that was cut off", half, /^is cut off or damaged; .*openssl x509 -in FILE -noout -text$/],
	["a second certificate that was cut off", () => `${good}\n${half()}`, /^is cut off or damaged/],
	[
		"a damaged second certificate",
		() => `${good}\n${second.replace(/\n.{60}/, "\n")}`,
		/^is cut off or damaged, its 2\. certificate/,
	],
];

test.each(wrong)("%s refuses the configuration, with path, line and what to do", async (_, content, says) => {
	const file = await written(content());
	const fault = await loadConfiguration(file).catch((error) => error);
	expect(fault).toMatchObject({ code: "configuration-invalid" });
	expect(fault.names.problems).toMatch(/^servers\.pg\.tls\.ca: /);
	expect(fault.names.problems.replace(/^servers\.pg\.tls\.ca: (.*) \(rotation\.config\.yaml:7:11\)\.$/, "$1")).toMatch(
		says,
	);
	const { code, stderr } = await configCheck([file]);
	expect(code).toBe(1);
	expect(stderr).toMatch(/rotation\.config\.yaml:7:11: servers\.pg\.tls\.ca: /);
});

test.each([
	["PEM", /^is PKCS #7; convert it: openssl pkcs7 -print_certs/],
	["DER", /^is binary and no certificate; if it is PKCS #7: openssl pkcs7 -inform der/],
])("a list of certificates as PKCS #7 in %s is told as that", async (outform, says) => {
	await writeFile(join(folder, "for-pkcs7.pem"), good);
	let content: Buffer;
	try {
		content = pkcs7(outform);
	} catch (error) {
		return console.warn(`PKCS #7 was not tried: openssl cannot be run (${(error as NodeJS.ErrnoException).code}).`);
	}
	expect(authoritiesOf(content)).toEqual({ wrong: expect.stringMatching(says) });
});

test.each([
	["one certificate", () => good],
	[
		"several, with texts between them",
		() => `# the old one\n${good}\n# the new one\r\n${second.replaceAll("\n", "\r\n")}`,
	],
])("%s is accepted", async (_, content) => {
	const file = await written(content());
	expect(await loadConfiguration(file)).toMatchObject({ config: { servers: { pg: { tls: { ca: "ca.pem" } } } } });
	expect(await configCheck([file])).toMatchObject({ code: 0 });
});

test("a cluster's file is looked at too", async () => {
	const clusters = { aks: { server: "https://aks.example.org", ca: "nowhere.pem" } };
	expect(await wrongFiles({ servers: {}, clusters, notifications: {} }, folder)).toEqual([
		{ path: ["clusters", "aks", "ca"], message: expect.stringMatching(/^is not there/) },
	]);
});

test("what has expired is told by config:check, and refuses the rotations of its server only", async () => {
	const file = await written(good);
	const later = new Date(Date.now() + 400 * 86_400_000);
	const { config } = await loadConfiguration(file);
	const told = await wrongFiles(config, join(file, ".."), later);
	const message = expect.stringMatching(
		/^has expired certificates only, the last on \d{4}-\d\d-\d\d; give the CA's new one$/,
	);
	expect(told).toEqual([{ path: ["servers", "pg", "tls", "ca"], message }]);
	const ports = (now: Date) => composePorts({ ...settings, ROTATION_CONFIG_FILE: file }, { clock: { now: () => now } });
	await expect(ports(later).configuration()).resolves.toMatchObject({ config: { servers: {} } });
	await expect(ports(later).database("pg")).rejects.toMatchObject({
		code: "configuration-invalid",
		transient: false,
		message: expect.stringMatching(/ca\.pem is not valid: this file of CAs has expired certificates only/),
	});
	await expect(ports(new Date()).database("pg")).resolves.toBeDefined();
});

const settings = {
	AUDIT_CONTAINER_URL: "https://a.example.org/audit",
	RECORDS_CONTAINER_URL: "https://a.example.org/rotations",
	OPERATORS_ISSUER: "issuer",
	OPERATORS_AUDIENCE: "audience",
	OPERATORS_JWKS_URL: "https://a.example.org/keys",
};
