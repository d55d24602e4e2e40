// Builds `dist/app`, the folder that is deployed: `node build.ts`.
// BU1. main.mjs reaches no Azure, pg or Kubernetes SDK but by `import()`. Otherwise: each cold start loads 4 MB of them
//      to register a handful of functions. Kept by: test/unit/bundle.test.ts.

import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildResult, build } from "esbuild";

const root = import.meta.dirname;
export const appFolder = join(root, "dist", "app");

/** CommonJS packages in an ES module ask for these three. */
const banner = [
	'import { createRequire as __createRequire } from "node:module";',
	"const require = __createRequire(import.meta.url);",
	"const __filename = import.meta.filename;",
	"const __dirname = import.meta.dirname;",
].join("\n");

/**
 * @param write false: into memory only
 * @returns esbuild's result; its metafile says which file imports which
 */
export const bundle = (write: boolean): Promise<BuildResult<{ metafile: true }>> =>
	build({
		absWorkingDir: root,
		entryPoints: { main: "src/functions/index.ts" },
		outdir: appFolder,
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
		metafile: true,
		logLevel: "warning",
		write,
	});

async function buildApp(): Promise<void> {
	await rm(appFolder, { recursive: true, force: true });
	await mkdir(appFolder, { recursive: true });
	const { metafile } = await bundle(true);
	await copyFile(join(root, "host.json"), join(appFolder, "host.json"));
	const manifest = { name: "titanic-secret-rotator", private: true, type: "module", main: "main.mjs" };
	await writeFile(join(appFolder, "package.json"), `${JSON.stringify(manifest, undefined, "\t")}\n`);
	const files = Object.entries(metafile.outputs).filter(([file]) => file.endsWith(".mjs"));
	const kilobytes = (bytes: number) => `${Math.round(bytes / 1024).toLocaleString("en")} kB`;
	for (const [file, { bytes }] of files.sort(([, a], [, b]) => b.bytes - a.bytes).slice(0, 5)) {
		console.log(`${kilobytes(bytes).padStart(10)}  ${file}`);
	}
	const total = files.reduce((sum, [, { bytes }]) => sum + bytes, 0);
	console.log(
		`${kilobytes(total).padStart(10)}  in ${files.length} files, of which start-up loads the first by name, main.mjs`,
	);
}

if (import.meta.main) await buildApp();
