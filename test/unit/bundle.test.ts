import { expect, test } from "@jest/globals";
import { atStartUp, bundle } from "../../build.ts";

const packageOf = (file: string) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
const isSdk = (name: string) =>
	/^(@azure\/(identity|keyvault-.*|monitor-ingestion|storage-.*|core-.*|msal-.*)|pg|pg-.*|@kubernetes\/.*)$/.test(name);

test("start-up loads no Azure, pg or Kubernetes SDK, and no language of zod's; all SDKs are in the bundle", async () => {
	const { outputs } = (await bundle(false)).metafile;
	const inputsOf = (files: readonly string[]) => files.flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}));
	const started = inputsOf(atStartUp(outputs));
	const packagesIn = (inputs: readonly string[]) => [...new Set(inputs.flatMap((file) => packageOf(file) ?? []))];

	expect(packagesIn(started)).toContain("durable-functions");
	expect(packagesIn(started).filter(isSdk)).toEqual([]);
	// They come with `import { z } from "zod"`, in whichever file; `import * as z` leaves them out.
	expect(started.filter((file) => /zod\/.*\/locales\/(?!en\.)/.test(file))).toEqual([]);
	expect(packagesIn(inputsOf(Object.keys(outputs)))).toEqual(
		expect.arrayContaining([
			"@azure/identity",
			"@azure/keyvault-keys",
			"@azure/keyvault-secrets",
			"@azure/monitor-ingestion",
			"@azure/storage-blob",
			"pg",
			"@kubernetes/client-node",
		]),
	);
});
