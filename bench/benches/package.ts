// The package that is deployed: how large it is, what is in it, and whether it says where it was built.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import ignored from "ignore";
import { bundle } from "../../build.ts";
import { type Bench, row } from "../bench.ts";

const root = join(import.meta.dirname, "..", "..");
const largest = 8;

export const packaged: Bench = {
	name: "package",
	says: "the size of the package, whether it has source maps or paths of the machine in it, and its largest parts",
	async run({ appDir }) {
		const files = await filesOf(appDir);
		const megabytes = (bytes: number) => bytes / 1e6;
		const [zip, plain] = [await zippedBytes(files), files.reduce((sum, { content }) => sum + content.length, 0)];
		const telling = files.filter(({ name, content }) => name.endsWith(".map") || content.includes(root));
		return {
			rows: [
				row("zip", "the package, zipped", "MB", { product: [megabytes(zip)] }, { most: 5 }),
				row("files", "the same, as it is unpacked", "MB", { product: [megabytes(plain)] }),
				row(
					"maps",
					"files in it with a source map or a path of this machine",
					"1",
					{ product: [telling.length] },
					{ most: 0 },
				),
			],
			notes: [`largest parts of the code: ${await largestParts()}`],
		};
	},
};

interface PackagedFile {
	/** With slashes. */
	readonly name: string;
	readonly content: Buffer;
}

/** What `zip` takes: .funcignore says what not. */
async function filesOf(folder: string): Promise<PackagedFile[]> {
	const left = ignored.default().add(await readFile(join(root, ".funcignore"), "utf8"));
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const names = entries
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) =>
			join(parentPath, name)
				.slice(folder.length + 1)
				.replaceAll("\\", "/"),
		);
	const kept = names.filter((name) => !left.ignores(name));
	return Promise.all(kept.map(async (name) => ({ name, content: await readFile(join(folder, name)) })));
}

/** As APPNOTE.TXT has it: each file deflated, its name twice, 76 bytes around it; 22 at the end. */
async function zippedBytes(files: readonly PackagedFile[]): Promise<number> {
	let bytes = 22;
	for (const { name, content } of files) {
		const deflated = (await promisify(deflateRaw)(content)) as Buffer;
		bytes += Math.min(deflated.length, content.length) + 2 * Buffer.byteLength(name) + 76;
	}
	return bytes;
}

/** By package, from esbuild's own account; our own code is one of them. */
async function largestParts(): Promise<string> {
	const { outputs } = (await bundle(false)).metafile;
	const sizes = new Map<string, number>();
	for (const { inputs } of Object.values(outputs)) {
		for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
			const part = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? "the rotator's own code";
			sizes.set(part, (sizes.get(part) ?? 0) + bytesInOutput);
		}
	}
	return [...sizes]
		.toSorted(([, one], [, other]) => other - one)
		.slice(0, largest)
		.map(([part, bytes]) => `${part} ${Math.round(bytes / 1000)} kB`)
		.join(", ");
}
