// A PostgreSQL server as a client meets it on a bad day: one that says what a test wants, and a wire to a real one that can
// be cut, that loses answers, and that has something between which changes what is sent.

import { createConnection, createServer, type Socket } from "node:net";
import type { Postgres } from "../../../local/postgres/postgres.ts";

/** A TCP server that answers whatever is written to it by one thing after the other; by nothing: it hangs up. */
export async function saying(...all: Buffer[]) {
	return listening((socket) => {
		const left = [...all];
		socket.on("data", () => {
			const what = left.shift();
			if (what?.length === 0) socket.end();
			else if (what) socket.write(what);
		});
	});
}

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html (ErrorResponse) */
export function errorResponse(fields: Record<string, string>): Buffer {
	const all = { S: "FATAL", V: "FATAL", ...fields };
	const body = Buffer.from(
		`${Object.entries(all)
			.map(([key, value]) => `${key}${value}\0`)
			.join("")}\0`,
	);
	const length = Buffer.alloc(4);
	length.writeInt32BE(body.length + 4);
	return Buffer.concat([Buffer.from("E"), length, body]);
}

/** What stands between may read the startup packet: change what it asks for, or refuse it with an SQLSTATE. */
type OnStartup = (asked: Map<string, string>) => string | undefined;

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html (StartupMessage) */
function passedOn(startup: Buffer, onStartup: OnStartup): Buffer | string {
	const texts = startup.subarray(8).toString("latin1").split("\0");
	const asked = new Map<string, string>();
	for (let at = 0; texts[at]; at += 2) asked.set(texts[at]!, texts[at + 1]!);
	const refusal = onStartup(asked);
	if (refusal !== undefined) return refusal;
	const body = Buffer.from([...[...asked].flat(), "", ""].join("\0"), "latin1");
	const head = Buffer.from(startup.subarray(0, 8));
	head.writeInt32BE(body.length + 8);
	return Buffer.concat([head, body]);
}

/** Between the adapter and the server: a wire that can be cut. */
export async function proxyTo({ host, port }: Pick<Postgres, "host" | "port">, onStartup: OnStartup = () => undefined) {
	const open = new Set<Socket>();
	let isCut = false;
	let losesNext = false;
	let inject = async (_sql: string): Promise<void> => {
		throw new Error("no session");
	};
	const server = await listening((near) => {
		if (isCut) return void near.destroy();
		const far = createConnection(port, host);
		for (const socket of [near, far]) {
			open.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => {
				open.delete(socket);
				near.destroy();
				far.destroy();
			});
		}
		let isFirst = true;
		near.on("data", (sent) => {
			if (isFirst) {
				isFirst = false;
				const first = passedOn(sent, onStartup);
				if (typeof first === "string") return void near.end(errorResponse({ C: first, M: "x" }));
				return void far.write(first);
			}
			far.write(sent);
			if (!losesNext || !sent.includes("ALTER ROLE")) return;
			losesNext = false;
			// The server has done it by the time it answers.
			far.removeAllListeners("data").once("data", () => near.destroy());
		});
		let swallows: (() => void) | undefined;
		inject = (sql) =>
			new Promise((resolve) => {
				swallows = resolve;
				const text = Buffer.from(`${sql}\0`);
				const head = Buffer.from("Q\0\0\0\0");
				head.writeInt32BE(text.length + 4, 1);
				far.write(Buffer.concat([head, text]));
			});
		far.on("data", (said) => {
			if (!swallows) return void near.write(said);
			// Ready for the next query.
			if (!said.includes("Z\0\0\0\x05I")) return;
			swallows();
			swallows = undefined;
		});
	});
	return {
		...server,
		/** Sends a statement in the session that was opened last, which hears nothing of it. */
		inject: (sql: string) => inject(sql),
		cut() {
			isCut = true;
			for (const socket of open) socket.destroy();
			return () => {
				isCut = false;
			};
		},
		loseNextAnswer() {
			losesNext = true;
		},
	};
}

export async function listening(take: (socket: Socket) => void) {
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on("error", () => {});
		socket.on("close", () => sockets.delete(socket));
		take(socket);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		port: (server.address() as { port: number }).port,
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** Waits for what the server does a moment after it has answered. */
export async function eventually(check: () => Promise<void>): Promise<void> {
	for (const deadline = Date.now() + 10_000; ; ) {
		try {
			return await check();
		} catch (error) {
			if (Date.now() > deadline) throw error;
		}
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
