// The storage account that another Functions host keeps its task hub in (the setting AzureWebJobsStorage): Azurite with
// blobs, queues and tables, over HTTP and with the well-known key, as `func` expects it of a development machine.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

export interface HostStorage extends AsyncDisposable {
	/** What AzureWebJobsStorage holds. */
	readonly connectionString: string;
}

const account = "devstoreaccount1";
/** Public: every Azurite has it. @see https://learn.microsoft.com/azure/storage/common/storage-use-azurite */
const accountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const services = ["Blob", "Queue", "Table"] as const;

/**
 * @param folder where it keeps its data, which is left there
 * @throws Error with Azurite's own message when it cannot start
 */
export async function startHostStorage(folder: string): Promise<HostStorage> {
	const withParent = new URL("../agents/with-parent.ts", import.meta.url).href;
	const azurite = createRequire(import.meta.url).resolve("azurite/dist/src/azurite.js");
	const anyPort = services.flatMap((name) => [`--${name.toLowerCase()}Port`, "0"]);
	const given = [...anyPort, "--location", folder, "--silent", "--skipApiVersionCheck", "--disableTelemetry"];
	const child = spawn(process.execPath, ["--import", withParent, azurite, ...given], {
		// It ends with its standard input. A group of its own: the terminal's Ctrl-C is for the parent.
		stdio: ["pipe", "pipe", "pipe"],
		detached: process.platform !== "win32",
		windowsHide: true,
	});
	const exited = once(child, "exit");
	const stop = async () => {
		child.kill("SIGKILL");
		await exited;
	};

	const lines: string[] = [];
	const urls = new Map<string, string>();
	const up = Promise.withResolvers<void>();
	for (const stream of [child.stdout, child.stderr]) {
		createInterface({ input: stream }).on("line", (line) => {
			lines.push(line);
			const [, name = "", url = ""] = /^Azurite (\w+) service is successfully listening at (http:\S+)/.exec(line) ?? [];
			if (name) urls.set(name, url);
			if (urls.size === services.length) up.resolve();
		});
	}
	const ended = exited.then(() => {
		throw new Error(`Azurite did not start: ${lines.join("\n")}`);
	});
	await Promise.race([up.promise, ended]);
	ended.catch(() => {});

	const endpoints = services.map((name) => `${name}Endpoint=${urls.get(name)}/${account};`);
	return {
		connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};${endpoints.join("")}`,
		[Symbol.asyncDispose]: stop,
	};
}
