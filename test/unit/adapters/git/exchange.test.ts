// One request and its answer, of a server that does not keep to HTTP.

import { createServer } from "node:http";
import { expect, test } from "@jest/globals";
import { close, listen } from "../../../../packages/loopback/index.ts";
import { exchangeWith } from "../../../../src/lib/adapters/git/exchange.ts";

test("a server that changes the protocol ends the request at once", async () => {
	const upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
	const server = createServer((_, response) => response.socket!.write(upgrade));
	const url = await listen(server);
	try {
		using exchange = exchangeWith(url, { timeoutMs: 60_000, mostBytes: 1024 });
		const asked = { method: "GET", url, headers: {}, body: Buffer.alloc(0) };
		await expect(exchange.send(asked)).rejects.toThrow("changes the protocol");
	} finally {
		await close(server);
	}
});
