// What an Azure server does beside PostgreSQL's own logins: a role that stands for an Entra identity is asked for its password
// as it is, and the password is an access token. It stands in front of a server whose pg_hba.conf trusts the members of
// `azure_ad_user`, as whom nobody else logs in.
// EN1. A client that gets through has a token of this tenant, for databases, in its time, of the very identity that the role was
//      made for: the name is not looked at. Otherwise: what the product brings is not proved. Kept by: entra-token.test.ts.

import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { TLSSocket } from "node:tls";
import type { Identity } from "../../packages/identity/index.ts";

export interface EntraFront extends AsyncDisposable {
	readonly port: number;
}

export interface EntraFrontOptions {
	/** Where the server listens on 127.0.0.1. */
	readonly port: number;
	readonly identity: Pick<Identity, "verify">;
	/** The object id of whom a role was made for; none: the role has a password, which the server itself asks for. */
	readonly principalOf: (role: string) => string | undefined;
	/** PEM texts; without them a client that asks for TLS gets the answer that there is none. */
	readonly tls?: { readonly cert: string; readonly key: string };
}

const audience = "https://ossrdbms-aad.database.windows.net";
/** Codes in the place of a protocol version: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const codes = { tls: 80_877_103, gss: 80_877_104 };

export async function startEntraFront(options: EntraFrontOptions): Promise<EntraFront> {
	const open = new Set<Socket>();
	const server = createServer((socket) => {
		open.add(socket);
		socket.on("error", () => {}).on("close", () => open.delete(socket));
		serve(socket, options).catch(() => socket.destroy());
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		port: (server.address() as { port: number }).port,
		async [Symbol.asyncDispose]() {
			for (const socket of open) socket.destroy();
			server.close();
			await once(server, "close");
		},
	};
}

async function serve(socket: Socket, { port, identity, principalOf, tls }: EntraFrontOptions): Promise<void> {
	let client: Duplex = socket;
	let startup = await message(client);
	while ([codes.tls, codes.gss].includes(startup.readInt32BE(4))) {
		const speaksTls = tls && startup.readInt32BE(4) === codes.tls;
		client.write(speaksTls ? "S" : "N");
		if (speaksTls) client = new TLSSocket(socket, { isServer: true, ...tls }).on("error", () => socket.destroy());
		startup = await message(client);
	}
	const role = roleIn(startup);
	const principal = principalOf(role);
	if (principal !== undefined && !(await hasToken(client, identity, principal))) return void client.end(refusal(role));
	const upstream = createConnection(port, "127.0.0.1");
	upstream.write(startup);
	pipeline(client, upstream, client, () => socket.destroy());
}

async function hasToken(client: Duplex, identity: Pick<Identity, "verify">, principal: string): Promise<boolean> {
	client.write(framed("R", Buffer.from([0, 0, 0, 3])));
	await bytes(client, 1);
	const token = (await message(client)).subarray(4, -1).toString();
	const claims = await identity.verify(token, audience).catch(() => undefined);
	return claims?.oid === principal;
}

/** Of a startup message: names and values by turns, each with a zero byte after it. */
function roleIn(startup: Buffer): string {
	const texts = startup.subarray(8).toString().split("\0");
	return texts[texts.indexOf("user") + 1] ?? "";
}

const refusal = (role: string): Buffer => {
	const fields = ["SFATAL", "VFATAL", "C28P01", `MAuthentication failed for user "${role}".`];
	return framed("E", Buffer.from(`${fields.join("\0")}\0\0`));
};

function framed(type: string, content: Buffer): Buffer {
	const head = Buffer.alloc(5, type);
	head.writeInt32BE(content.length + 4, 1);
	return Buffer.concat([head, content]);
}

/** Without its type: the length, which counts itself, and what comes after it. */
async function message(from: Duplex): Promise<Buffer> {
	const length = await bytes(from, 4);
	return Buffer.concat([length, await bytes(from, length.readInt32BE(0) - 4)]);
}

async function bytes(from: Duplex, count: number): Promise<Buffer> {
	for (;;) {
		const read: Buffer | null = from.read(count);
		if (read?.length === count) return read;
		if (from.readableEnded || from.destroyed) throw new Error("The client has left.");
		const waited = new AbortController();
		const { signal } = waited;
		await Promise.race([once(from, "readable", { signal }), once(from, "close", { signal })]);
		waited.abort();
	}
}
