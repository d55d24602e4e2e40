import { expect, test } from "@jest/globals";
import { reloaderOf } from "../../../src/lib/kinds/reloader.ts";

const domain = "reloader.stakater.com";
const deployment = (workload: Record<string, string>, template: Record<string, string> = {}) => ({
	workload,
	template,
});
const files = { secrets: [], providerClass: "titanic-kv-secrets" };
const synced = { ...files, secrets: ["titanic-api-secrets"] };

test.each([
	[`${domain}/auto`, "true"],
	[`secret.${domain}/auto`, "true"],
	[`${domain}/search`, "true"],
	[`secretproviderclass.${domain}/auto`, "true"],
	[`secret.${domain}/reload`, "other, titanic-api-secrets"],
	[`secret.${domain}/reload`, "titanic-.*"],
	[`secretproviderclass.${domain}/reload`, "titanic-kv-secrets"],
])("Reloader rolls for %s: %s", (annotation, value) => {
	expect(reloaderOf(deployment({ [annotation]: value }), synced)).toBe(annotation);
	expect(reloaderOf(deployment({}, { [annotation]: value }), synced)).toBe(annotation);
});

test.each([
	[`${domain}/auto`, "false", synced],
	[`configmap.${domain}/auto`, "true", synced],
	[`secret.${domain}/reload`, "titanic-api", synced],
	[`secret.${domain}/reload`, "titanic-api-secrets", files],
	[`secret.${domain}/auto`, "true", files],
])("Reloader does not roll for %s: %s", (annotation, value, sources) => {
	expect(reloaderOf(deployment({ [annotation]: value }), sources)).toBeUndefined();
});
