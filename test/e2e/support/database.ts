// Holds in the database's way: a login that does not get through, an ALTER ROLE that waits, a server with another name.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import pg from "pg";
import { generate } from "selfsigned";
import type { Postgres } from "../../../local/postgres/postgres.ts";
import { until } from "../../../local/until.ts";
import type { Hold } from "./front.ts";

export interface Gate extends AsyncDisposable {
	readonly port: number;
	/** The next connection is accepted, and nothing gets through. */
	holdNext(): Hold;
}

/** @param to a port on 127.0.0.1 */
export async function startGate(to: number): Promise<Gate> {
	const open = new Set<Socket>();
	let held: { arrive: () => void; gone: Promise<void> } | undefined;
	const server = createServer((client) => {
		open.add(client);
		client.on("error", () => {}).once("close", () => open.delete(client));
		if (held) {
			const { arrive, gone } = held;
			held = undefined;
			arrive();
			void gone.then(() => client.destroy());
			return;
		}
		const upstream = createConnection(to, "127.0.0.1");
		upstream.on("error", () => client.destroy()).once("close", () => client.destroy());
		client.once("close", () => upstream.destroy());
		client.pipe(upstream).pipe(client);
	});
	return {
		port: await portOf(server),
		holdNext() {
			const arrived = Promise.withResolvers<void>();
			const left = Promise.withResolvers<void>();
			held = { arrive: arrived.resolve, gone: left.promise };
			return { reached: arrived.promise, release: left.resolve };
		},
		[Symbol.asyncDispose]: () => ended(server, open),
	};
}

/** The next ALTER ROLE of this role waits in the server; released, it commits although its client may be gone. */
export async function holdAlter(postgres: Postgres, role: string): Promise<Hold> {
	const locker = new pg.Client({ connectionString: postgres.url() });
	await locker.connect();
	await locker.query("BEGIN");
	await locker.query("SELECT FROM pg_authid WHERE rolname = $1 FOR UPDATE", [role]);
	const waiting = () =>
		postgres.query("SELECT FROM pg_stat_activity WHERE query LIKE 'ALTER ROLE%' AND wait_event_type = 'Lock'");
	return {
		reached: until("an ALTER ROLE that waits", 180, async () => (await waiting()).length > 0 || undefined).then(
			() => {},
		),
		async release() {
			await locker.query("COMMIT");
			await locker.end();
			await until("the end of the ALTER ROLE", 90, async () => (await waiting()).length === 0 || undefined);
		},
	};
}

/** What speaks PostgreSQL as far as TLS, with a certificate for `elsewhere.example` that is its own authority. */
export async function startElsewhere(): Promise<AsyncDisposable & { readonly port: number; readonly caFile: string }> {
	const made = await generate([{ name: "commonName", value: "elsewhere.example" }], {
		algorithm: "sha256",
		keySize: 2048,
		extensions: [
			{ name: "basicConstraints", cA: true, critical: true },
			{ name: "subjectAltName", altNames: [{ type: 2, value: "elsewhere.example" }] },
		],
	});
	const open = new Set<Socket>();
	const server = createServer((client) => {
		open.add(client);
		client.on("error", () => {}).once("close", () => open.delete(client));
		// SSLRequest, eight bytes; the answer S means yes.
		client.once("data", () => {
			client.write("S");
			new TLSSocket(client, { isServer: true, cert: made.cert, key: made.private }).on("error", () => {});
		});
	});
	const folder = await mkdtemp(join(tmpdir(), "titanic-elsewhere-"));
	const caFile = join(folder, "ca.pem");
	await writeFile(caFile, made.cert);
	return {
		port: await portOf(server),
		caFile,
		async [Symbol.asyncDispose]() {
			await ended(server, open);
			await rm(folder, { recursive: true, force: true });
		},
	};
}

async function portOf(server: Server): Promise<number> {
	const { promise, resolve, reject } = Promise.withResolvers<number>();
	server.once("error", reject);
	server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
	return promise;
}

async function ended(server: Server, open: Set<Socket>): Promise<void> {
	for (const socket of open) socket.destroy();
	const { promise, resolve } = Promise.withResolvers<void>();
	server.close(() => resolve());
	await promise;
}
