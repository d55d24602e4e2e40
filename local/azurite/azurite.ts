// A real Azurite blob service on loopback, over HTTPS and for bearer tokens only of Azure's form: what the product's
// blob adapters talk to in the demo and in the tests.
//
// A1. Clients verify its certificate: `caFile` for NODE_EXTRA_CA_CERTS of other processes, `ca` for this one
//     (tls.setDefaultCACertificates). Otherwise: the product needs a switch that turns verification off.

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { selfSigned } from "../../packages/loopback/index.ts";
import type { Answer, Order } from "./server.ts";

export interface AzuriteOptions {
	/** PEM texts; default: a new throw-away certificate. */
	tls?: { cert: string; key: string };
	/** Where it keeps its data; it is then left there. Default: a temporary folder, removed with the service. */
	folder?: string;
	/** Keeps its data in memory, so that a blob of many blocks is read ten times faster; a restart forgets it all. Default: on disk. */
	inMemory?: boolean;
}

export interface Azurite extends AsyncDisposable {
	/** `https://127.0.0.1:PORT/devstoreaccount1`: a container's URL is this, a slash and its name. */
	readonly url: string;
	/** The certificate to trust, as PEM text and as a file. */
	readonly ca: string;
	readonly caFile: string;
	/** All that was ever stored lies below it, in clear: for searches. Not what is kept in memory. */
	readonly folder: string;
	/** Stops the service and starts it again with the same data on the same port; cuts every connection. */
	restart(): Promise<void>;
	/** Stops the service; its data stays until `restart` or disposal. */
	stop(): Promise<void>;
}

/** @throws Error with Azurite's own message when it cannot start */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
	const { cert, key } = options.tls ?? (await selfSigned());
	const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "titanic-azurite-")));
	const temporary = options.folder === undefined;
	const remove = async () => {
		if (temporary) await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
	};
	try {
		await mkdir(folder, { recursive: true });
		const caFile = join(folder, "ca.pem");
		const keyFile = join(folder, "key.pem");
		await writeFile(caFile, cert);
		await writeFile(keyFile, key, { mode: 0o600 });
		const data = options.inMemory ? ["--inMemoryPersistence"] : ["--location", folder];
		const launch = (port: number) => start({ port, folder, data, caFile, keyFile, temporary });

		let running: Running | undefined = await launch(0);
		const { url } = running;
		const stop = async () => {
			await running?.stop();
			running = undefined;
		};
		return {
			url: `${url}/devstoreaccount1`,
			ca: cert,
			caFile,
			folder,
			stop,
			async restart() {
				await stop();
				running = await launch(Number(new URL(url).port));
			},
			async [Symbol.asyncDispose]() {
				await stop();
				await remove();
			},
		};
	} catch (error) {
		await remove();
		throw error;
	}
}

interface Running {
	/** Without a slash at the end. */
	readonly url: string;
	stop(): Promise<void>;
}

interface Launch {
	/** 0: any free one. */
	readonly port: number;
	readonly folder: string;
	/** Azurite's own arguments that say where. */
	readonly data: readonly string[];
	readonly caFile: string;
	readonly keyFile: string;
	readonly temporary: boolean;
}

async function start({ port, folder, data, caFile, keyFile, temporary }: Launch): Promise<Running> {
	const given = [
		...["--blobHost", "127.0.0.1", "--blobPort", `${port}`, ...data],
		...["--cert", caFile, "--key", keyFile, "--oauth", "basic", "--silent"],
		// The Azure SDK speaks a newer version of the protocol than Azurite's latest release names.
		"--skipApiVersionCheck",
	];
	const child = fork(fileURLToPath(new URL("./server.ts", import.meta.url)), given, {
		execArgv: [],
		// A session of its own: the terminal's Ctrl-C is for the parent, which then stops this in its turn.
		detached: process.platform !== "win32",
		stdio: ["ignore", "ignore", "inherit", "ipc"],
		env: ownEnvironment(temporary ? folder : undefined),
	});
	const ended = once(child, "exit").then(() => [{ failed: "it has ended" }]);
	const stop = async () => {
		// It may be ending by itself at this moment: then nobody takes the order.
		if (child.connected) child.send("stop" satisfies Order, () => {});
		await ended;
	};
	const [answer] = (await Promise.race([once(child, "message"), ended])) as [Answer];
	if ("running" in answer) return { url: answer.running.url, stop };
	if (child.connected) child.disconnect();
	await ended;
	throw new Error(`Azurite did not start: ${answer.failed}`);
}

/** Variables that would change how Azurite works (another database, other accounts) must not reach it. */
function ownEnvironment(removed: string | undefined): NodeJS.ProcessEnv {
	const kept = Object.entries(process.env).filter(([name]) => !/^(AZURITE_|NODE_OPTIONS|NODE_V8_COVERAGE)/.test(name));
	return { ...Object.fromEntries(kept), ...(removed && { AZURITE_REMOVE_FOLDER: removed }) };
}
