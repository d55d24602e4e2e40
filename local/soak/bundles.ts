// Deployments of a changed bundle: the host stops, its files are exchanged, it starts again on the same task hub.
// B1. A change that does not fit the bundle any more is an error. Otherwise: the soak deploys the same code again and
//     proves nothing.

import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "../../packages/functions-host/index.ts";
import { type Scope, temporaryFolder } from "../scope.ts";

export interface Deployable {
	/** What the host runs. */
	readonly folder: string;
	/** Other bytes, the same steps: instances that run go on. */
	changed(host: Host): Promise<void>;
	/** Each activity has another name than before: histories of instances that run do not fit, and what is queued has vanished. */
	renamed(host: Host): Promise<void>;
}

/** Where the bundle says which name an activity is registered by, and which is asked for. */
const places = [/(\.app\.activity\(name)(\+"[^"]*")?,/g, /(\.callActivity\(command\.name)(\+"[^"]*")?,/g];

/** @param appDir the built app, which is copied and not touched */
export async function deployable(appDir: string, parts: Scope): Promise<Deployable> {
	const { path: folder } = await parts.use(() => temporaryFolder("titanic-soak-app-"));
	await cp(appDir, folder, { recursive: true });
	let deployments = 0;
	let suffix = "";

	async function deploy(host: Host): Promise<void> {
		deployments++;
		await host.kill();
		await exchange();
		await host.restart();
	}

	async function exchange(): Promise<void> {
		const files = (await readdir(folder)).filter((file) => file.endsWith(".mjs"));
		const found = places.map(() => 0);
		for (const file of files) {
			let text = (await readFile(join(folder, file), "utf8")).replace(/\n\/\/ deployment \d+\n$/, "");
			for (const [index, place] of places.entries()) {
				text = text.replace(place, (_, before: string) => {
					found[index] = (found[index] ?? 0) + 1;
					return suffix === "" ? `${before},` : `${before}+${JSON.stringify(suffix)},`;
				});
			}
			await writeFile(join(folder, file), `${text}\n// deployment ${deployments}\n`);
		}
		if (found.some((count) => count === 0)) {
			throw new Error(
				`The bundle names its activities in ${found.join(" and ")} places: the soak does not know the form of one.`,
			);
		}
	}

	return {
		folder,
		changed: deploy,
		async renamed(host) {
			suffix = suffix === "" ? "Renamed" : "";
			await deploy(host);
		},
	};
}
