// Loads a Functions app of the Node v4 model into this process.
// Invariant: `@azure/functions-core` is core-api.ts for everything the app loads, by `require` and by `import`,
// from packages and out of a bundle. Otherwise: `@azure/functions` falls into its test mode and registers nothing.
import { globSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { getProgrammingModel, lockRegistration, type RegisteredFunction } from "./core-api.ts";
import { UsageError } from "./settings.ts";

const coreApi = new URL("./core-api.ts", import.meta.url).href;

/**
 * @param appDir folder with package.json, whose `main` is a file or a pattern
 * @returns all functions that the app registered, by name; `httpUri`: where its package listens, in the streaming mode of HTTP
 * @throws UsageError if there is no app; whatever the app throws while it loads
 */
export async function loadApp(
	appDir: string,
): Promise<{ functions: Map<string, RegisteredFunction>; httpUri: string | undefined }> {
	const files = entryPoints(appDir);
	registerHooks({
		resolve: (specifier, context, next) =>
			specifier === "@azure/functions-core"
				? { url: coreApi, format: "module-typescript", shortCircuit: true }
				: next(specifier, context),
	});
	for (const file of files) await import(pathToFileURL(join(appDir, file)).href);
	const functions = lockRegistration();
	const capabilities = await getProgrammingModel()?.getCapabilities({});
	return {
		functions: new Map(functions.map((found) => [found.metadata.name, found])),
		httpUri: capabilities?.HttpUri,
	};
}

/** The functions whose trigger is of this type, with the trigger's binding and its name. */
export function triggeredBy(functions: Iterable<RegisteredFunction>, type: string) {
	return [...functions].flatMap(({ metadata }) => {
		const found = triggerOf(metadata.bindings);
		return found.trigger.type.toLowerCase() === type.toLowerCase() ? [{ name: metadata.name, ...found }] : [];
	});
}

export function triggerOf(bindings: RegisteredFunction["metadata"]["bindings"]) {
	const [bindingName, trigger] = Object.entries(bindings).find(([, { type }]) => /trigger$/i.test(type))!;
	return { bindingName, trigger };
}

function entryPoints(appDir: string): string[] {
	const file = join(appDir, "package.json");
	let main: unknown;
	try {
		main = JSON.parse(readFileSync(file, "utf8")).main;
	} catch (error) {
		throw new UsageError(`${file} cannot be read: ${(error as Error).message}.`);
	}
	if (typeof main !== "string")
		throw new UsageError(`${file} has no "main": it names the file that registers the functions.`);
	const found = globSync(main, { cwd: appDir }).sort();
	if (found.length === 0)
		throw new UsageError(`${file}: "main" is ${JSON.stringify(main)}, but there is no such file.`);
	return found;
}
