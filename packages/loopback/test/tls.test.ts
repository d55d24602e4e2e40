// The throw-away certificate is believed as its own authority, by a client that verifies.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { close, listen } from "../faults.ts";
import { selfSigned } from "../tls.ts";

test.each(["127.0.0.1", "localhost"])(
	"a process that has it in NODE_EXTRA_CA_CERTS trusts %s, and one that has not does not",
	async (host) => {
		const made = await selfSigned();
		const folder = await mkdtemp(join(tmpdir(), "tls-"));
		const server = createServer(made, (_, response) => response.end("trusted"));
		try {
			const ca = join(folder, "ca.pem");
			await writeFile(ca, made.cert);
			const port = new URL(await listen(server)).port;
			const script = `fetch("https://${host}:${port}").then((r) => r.text(), (e) => e.cause.code).then(console.log)`;
			const ask = async (env: Record<string, string>) =>
				(
					await promisify(execFile)(process.execPath, ["-e", script], { env: { ...process.env, ...env } })
				).stdout.trim();
			expect(await ask({ NODE_EXTRA_CA_CERTS: ca })).toBe("trusted");
			expect(await ask({ NODE_EXTRA_CA_CERTS: "" })).toMatch(/SELF_SIGNED|UNABLE_TO/);
		} finally {
			await close(server);
			await rm(folder, { recursive: true, force: true });
		}
	},
);

test("a further name is in it", async () => {
	const { cert } = await selfSigned(["db.titanic.example"]);
	const { X509Certificate } = await import("node:crypto");
	expect(new X509Certificate(cert).checkHost("db.titanic.example")).toBe("db.titanic.example");
});

test("no two have the same subject, by which a client that trusts both looks them up", async () => {
	const { X509Certificate } = await import("node:crypto");
	const subjects = (await Promise.all([selfSigned(), selfSigned()])).map(
		({ cert }) => new X509Certificate(cert).subject,
	);
	expect(new Set(subjects).size).toBe(2);
});
