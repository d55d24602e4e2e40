import { expect, test } from "@jest/globals";
import { reloaderOf, type Watched } from "../../../src/lib/kinds/reloader.ts";

const domain = "reloader.stakater.com";
type Annotations = Record<string, string>;
const of = (workload: Annotations, template: Annotations = {}) => ({ workload, template });
const providerClass: Watched = { kind: "secretproviderclass", name: "titanic-kv-secrets", annotations: {} };
const secret = (annotations: Annotations = {}): Watched => ({
	kind: "secret",
	name: "titanic-api-secrets",
	annotations,
});
const matching = secret({ [`${domain}/match`]: "true" });

test.each<[string, string, Watched]>([
	[`${domain}/auto`, "true", secret()],
	[`${domain}/auto`, "1", providerClass],
	[`secret.${domain}/auto`, "True", secret()],
	[`${domain}/search`, "true", matching],
	[`secretproviderclass.${domain}/auto`, "true", providerClass],
	[`secret.${domain}/reload`, "other, titanic-api-secrets", secret()],
	[`secret.${domain}/reload`, "titanic-.*", secret()],
	[`secretproviderclass.${domain}/reload`, "titanic-kv-secrets", providerClass],
])("Reloader rolls for %s: %s", (annotation, value, watched) => {
	expect(reloaderOf(of({ [annotation]: value }), [watched])).toBe(annotation);
	expect(reloaderOf(of({}, { [annotation]: value }), [watched])).toBe(annotation);
});

test.each<[string, string, Watched]>([
	[`${domain}/auto`, "false", secret()],
	[`${domain}/auto`, "yes", secret()],
	[`configmap.${domain}/auto`, "true", secret()],
	[`secret.${domain}/reload`, "titanic-api", secret()],
	[`secret.${domain}/reload`, "titanic-kv-secrets", providerClass],
	[`secret.${domain}/auto`, "true", providerClass],
	[`${domain}/search`, "true", secret()],
	[`${domain}/search`, "1", matching],
])("Reloader does not roll for %s: %s", (annotation, value, watched) => {
	expect(reloaderOf(of({ [annotation]: value }), [watched])).toBeUndefined();
});

test("what is ignored rolls nothing, whatever names it", () => {
	const ignored = secret({ [`${domain}/ignore`]: "true" });
	const named = of({ [`secret.${domain}/reload`]: "titanic-api-secrets", [`${domain}/auto`]: "true" });
	expect(reloaderOf(named, [ignored])).toBeUndefined();
	expect(reloaderOf(named, [ignored, providerClass])).toBe(`${domain}/auto`);
});

test("what the workload excludes rolls nothing; the template's list does not count", () => {
	const auto = { [`${domain}/auto`]: "true" };
	const excluded = { [`secrets.exclude.${domain}/reload`]: "other, titanic-api-secrets" };
	expect(reloaderOf(of({ ...auto, ...excluded }), [secret()])).toBeUndefined();
	expect(reloaderOf(of({ ...auto, ...excluded }), [providerClass])).toBe(`${domain}/auto`);
	expect(reloaderOf(of(auto, excluded), [secret()])).toBe(`${domain}/auto`);
	const classes = { [`secretproviderclasses.exclude.${domain}/reload`]: "titanic-kv-secrets" };
	expect(reloaderOf(of({ ...auto, ...classes }), [providerClass])).toBeUndefined();
});

test("the template's annotations count only where the workload has none", () => {
	const template = { [`${domain}/auto`]: "true" };
	expect(reloaderOf(of({ [`secret.${domain}/reload`]: "other" }, template), [secret()])).toBeUndefined();
	expect(reloaderOf(of({ [`configmap.${domain}/reload`]: "other" }, template), [secret()])).toBe(`${domain}/auto`);
});
