import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { atStartUp, bundle, bundlePage } from "../../build.ts";

const packageOf = (file: string) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
// Not @opentelemetry/api, which does nothing by itself: durable-functions brings it.
const isSdk = (name: string) =>
	/^(@opentelemetry\/(?!api$).*|@azure\/(identity|keyvault-.*|monitor-ingestion|storage-.*|core-.*|msal-.*)|pg|pg-.*|@kubernetes\/.*)$/.test(
		name,
	);

test("start-up loads no Azure, pg, Kubernetes or OpenTelemetry SDK, and no language of zod's; all SDKs are in the bundle", async () => {
	const { outputs } = (await bundle(false)).metafile;
	const inputsOf = (files: readonly string[]) => files.flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}));
	const started = inputsOf(atStartUp(outputs));
	const packagesIn = (inputs: readonly string[]) => [...new Set(inputs.flatMap((file) => packageOf(file) ?? []))];

	expect(packagesIn(started)).toContain("durable-functions");
	expect(packagesIn(started).filter(isSdk)).toEqual([]);
	// What encrypts for one delivery path comes with that path.
	expect(packagesIn(started).filter((name) => /^(age-encryption|@noble\/.*)$/.test(name))).toEqual([]);
	// They come with `import { z } from "zod"`, in whichever file; `import * as z` leaves them out.
	expect(started.filter((file) => /zod\/.*\/locales\/(?!en\.)/.test(file))).toEqual([]);
	expect(packagesIn(inputsOf(Object.keys(outputs)))).toEqual(
		expect.arrayContaining([
			"age-encryption",
			"@azure/identity",
			"@azure/keyvault-keys",
			"@azure/keyvault-secrets",
			"@azure/monitor-ingestion",
			"@azure/storage-blob",
			"@opentelemetry/sdk-trace-base",
			"pg",
			"@kubernetes/client-node",
		]),
	);
});

/** As `node_version` of infra/ may be. What is syntax alone the build translates; what is missing there fails when it is met. */
test("the app uses nothing that Node.js 22 does not have", () => {
	const src = join(import.meta.dirname, "..", "..", "src");
	const later =
		/\b((Async)?DisposableStack|Float16Array|URLPattern|RegExp\.escape|Error\.isError|Promise\.try|Iterator\.concat)\b/;
	const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
	expect(files.length).toBeGreaterThan(100);
	expect(files.filter((file) => later.test(readFileSync(join(src, file), "utf8")))).toEqual([]);
});

test("the page is a script and a style sheet of less than 60 kB, compressed and without the sign-in's library, and carries no check of zod's", async () => {
	const { metafile, outputFiles = [] } = await bundlePage(false);
	expect(outputFiles.map(({ path }) => path.replace(/^.*\./, ""))).toEqual(expect.arrayContaining(["js", "css"]));
	expect(outputFiles).toHaveLength(2);
	const kilobytes = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0) / 1000;
	// With the sign-in's library.
	expect(kilobytes).toBeLessThan(60);
	const packages = new Set(Object.keys(metafile.inputs).flatMap((file) => packageOf(file) ?? []));
	expect([...packages].toSorted()).toEqual(["oauth4webapi", "preact"]);
});
