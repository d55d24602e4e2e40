// A wire between a client and a server that can be cut, fall silent, or lose an answer. It carries bytes and understands none,
// so it does for TLS as well.

import { createConnection, createServer, type Socket } from "node:net";

export interface Relay extends AsyncDisposable {
	readonly port: number;
	/** No connection gets through, those that are open included. @returns a function that restores it */
	cut(): () => void;
	/**
	 * Nothing comes back any more, not even the end of a connection.
	 * @returns a function that restores it: the connections of before are cut then
	 */
	silence(): () => void;
	/**
	 * The next bytes that the server sends on any connection that is open now are swallowed, and that connection is cut:
	 * the request took effect, and nobody hears of it.
	 * @returns how many connections that concerns: none means that nothing will be lost
	 */
	loseNextAnswer(): number;
}

/** @param to a port on 127.0.0.1 */
export async function startRelay(to: number): Promise<Relay> {
	const open = new Set<Socket>();
	/** Connections one of which loses the server's next bytes. */
	let losing = new Set<Socket>();
	let isCut = false;
	let isSilent = false;

	const server = createServer((client) => {
		if (isCut) return void client.destroy();
		const upstream = createConnection(to, "127.0.0.1");
		open.add(client);
		const end = () => {
			open.delete(client);
			client.destroy();
			upstream.destroy();
		};
		client.on("error", end).on("close", end);
		const endUnlessSilent = () => void (isSilent || end());
		upstream.on("error", endUnlessSilent).on("close", endUnlessSilent);
		client.on("data", (bytes) => upstream.write(bytes));
		upstream.on("data", (bytes) => {
			if (isSilent) return;
			if (!losing.has(client)) return void client.write(bytes);
			losing.clear();
			end();
		});
	});
	const { promise, resolve, reject } = Promise.withResolvers<number>();
	server.once("error", reject);
	server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));

	return {
		port: await promise,
		cut() {
			isCut = true;
			for (const client of open) client.destroy();
			return () => {
				isCut = false;
			};
		},
		silence() {
			isSilent = true;
			return () => {
				isSilent = false;
				for (const client of open) client.destroy();
			};
		},
		loseNextAnswer() {
			losing = new Set(open);
			return open.size;
		},
		async [Symbol.asyncDispose]() {
			for (const client of open) client.destroy();
			const { promise: closed, resolve: done } = Promise.withResolvers<void>();
			server.close(() => done());
			await closed;
		},
	};
}
