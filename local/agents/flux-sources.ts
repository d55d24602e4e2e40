// The files of a secretGenerator, decrypted on disk as kustomize-controller does it before the build: so the hash follows what is in
// them, and not how they are encrypted.
// @see https://github.com/fluxcd/kustomize-controller, internal/decryptor/decryptor.go (decryptKustomizationSources)

import { readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { parse } from "yaml";
import { type Identity, openedEnv, openedYaml } from "./sops.ts";

interface Generators {
	readonly secretGenerator?: readonly { readonly envs?: readonly string[]; readonly files?: readonly string[] }[];
}

/** @throws where a file is encrypted and cannot be opened in the format that its name or key stands for */
export async function decryptSources(folder: string, identity: Identity): Promise<void> {
	const text = await readFile(join(folder, "kustomization.yaml"), "utf8").catch(() => undefined);
	const { secretGenerator = [] } = (text === undefined ? {} : parse(text)) as Generators;
	for (const { envs = [], files = [] } of secretGenerator) {
		for (const file of envs) {
			expectFormat(file, [".env", ""]);
			await rewrite(join(folder, file), /^sops_mac=/m, async (own) => {
				const { tree } = await openedEnv(own, identity);
				return Object.entries(tree).map(([key, value]) => `${key}=${value}\n`);
			});
		}
		for (const entry of files) {
			const [key = "", file = key] = entry.split("=");
			expectFormat(key, [".txt", ""]);
			await rewrite(join(folder, file), /"sops": \{/, async (own) => [
				String((await openedYaml(own, identity)).tree.data),
			]);
		}
	}
}

/** The local stack decrypts the two formats that the product writes. */
function expectFormat(name: string, endings: readonly string[]): void {
	if (!endings.includes(extname(name)) && name !== ".env") throw new Error(`${name} has another format`);
}

async function rewrite(file: string, marker: RegExp, open: (text: string) => Promise<string[]>): Promise<void> {
	const text = await readFile(file, "utf8");
	if (marker.test(text)) await writeFile(file, (await open(text)).join(""));
}
