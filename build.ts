// Builds `dist/app`, the folder that is deployed (with the page), and `dist/cli`, the operators' command: `node build.ts`.
// BU1. main.mjs reaches no Azure, pg, Kubernetes or OpenTelemetry SDK but by `import()`. Otherwise: each cold start loads 4 MB of them
//      to register a handful of functions. Kept by: test/unit/bundle.test.ts.

import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { type BuildOptions, type BuildResult, build } from "esbuild";

const root = import.meta.dirname;
export const appFolder = join(root, "dist", "app");

/** CommonJS packages in an ES module ask for these three. */
const banner = [
	'import { createRequire as __createRequire } from "node:module";',
	"const require = __createRequire(import.meta.url);",
	"const __filename = import.meta.filename;",
	"const __dirname = import.meta.dirname;",
].join("\n");

/** How the app is bundled; whatever is measured beside it is bundled alike (bench/). */
export const common = {
	absWorkingDir: root,
	outExtension: { ".js": ".mjs" },
	chunkNames: "chunks/[name]-[hash]",
	bundle: true,
	splitting: true,
	format: "esm",
	platform: "node",
	target: "node24",
	// The host provides the first at run time; the second is pg's optional native driver.
	external: ["@azure/functions-core", "pg-native"],
	banner: { js: banner },
	minifySyntax: true,
	minifyWhitespace: true,
	legalComments: "linked",
	logLevel: "warning",
} satisfies BuildOptions;

/**
 * @param write false: into memory only
 * @returns esbuild's result; its metafile says which file imports which
 */
export const bundle = (write: boolean): Promise<BuildResult<{ metafile: true }>> =>
	build({ ...common, entryPoints: { main: "src/functions/index.ts" }, outdir: appFolder, metafile: true, write });

/** Node.js runs no TypeScript in node_modules, which is where an installed command is. */
async function buildCommand(): Promise<void> {
	const folder = join(root, "dist", "cli");
	await rm(folder, { recursive: true, force: true });
	await build({ ...common, entryPoints: { rotator: "src/cli/rotator.ts" }, outdir: folder });
	await chmod(join(folder, "rotator.mjs"), 0o755);
}

/**
 * The operators' page, for browsers of the last two years: a script and a style sheet, named by what is in them.
 * @param write false: into memory only
 */
export const bundlePage = (write: boolean): Promise<BuildResult<{ metafile: true }>> =>
	build({
		absWorkingDir: root,
		entryPoints: { page: "src/page/main.tsx", style: "src/page/page.css" },
		entryNames: "page-[hash]",
		outdir: join(appFolder, "page"),
		bundle: true,
		format: "esm",
		platform: "browser",
		target: ["chrome123", "edge123", "firefox121", "safari17.5"],
		jsx: "automatic",
		jsxImportSource: "preact",
		minify: true,
		legalComments: "none",
		logLevel: "warning",
		metafile: true,
		write,
	});

/** Compressed here, once: the host compresses nothing, and each request would cost it anew. */
async function buildPage(): Promise<void> {
	const { metafile } = await bundlePage(true);
	for (const file of Object.keys(metafile.outputs)) {
		const content = await readFile(join(root, file));
		const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
		await writeFile(`${join(root, file)}.br`, await promisify(brotliCompress)(content, { params }));
		await writeFile(`${join(root, file)}.gz`, await promisify(gzip)(content, { level: 9 }));
	}
}

type Outputs = BuildResult<{ metafile: true }>["metafile"]["outputs"];

/** The files that are loaded at start-up: main.mjs and whatever it imports other than by `import()`. */
export function atStartUp(outputs: Outputs): string[] {
	const reached = new Set(Object.keys(outputs).filter((file) => file.endsWith("main.mjs")));
	for (const file of reached) {
		for (const { path, kind, external } of outputs[file]?.imports ?? []) {
			if (kind === "import-statement" && !external) reached.add(path);
		}
	}
	return [...reached];
}

export async function buildApp(): Promise<void> {
	await rm(appFolder, { recursive: true, force: true });
	await mkdir(appFolder, { recursive: true });
	const { metafile } = await bundle(true);
	await buildPage();
	await copyFile(join(root, "host.json"), join(appFolder, "host.json"));
	const manifest = { name: "titanic-secret-rotator", private: true, type: "module", main: "main.mjs" };
	await writeFile(join(appFolder, "package.json"), `${JSON.stringify(manifest, undefined, "\t")}\n`);
	const files = Object.keys(metafile.outputs).filter((file) => file.endsWith(".mjs"));
	const kilobytes = (some: readonly string[]) =>
		`${Math.round(some.reduce((sum, file) => sum + metafile.outputs[file]!.bytes, 0) / 1024)} kB`;
	// To stderr: what is built for may print an object for machines.
	console.error(
		`dist/app: ${kilobytes(files)} of code, ${kilobytes(atStartUp(metafile.outputs))} of it loaded at start-up`,
	);
}

if (import.meta.main) {
	await buildApp();
	await buildCommand();
}
