import { expect, test } from "@jest/globals";
import { mountsOf, readProviderClass } from "../../../../src/lib/paths/csi-driver/provider-class.ts";

const providerClass = (objects: string, change: object = {}, secretObjects?: object[]) => ({
	spec: { provider: "azure", parameters: { keyvaultName: "titanic-kv", objects }, secretObjects, ...change },
});
const object = (change: object = {}) => ({
	name: "db-password",
	pinned: false,
	history: false,
	encoding: "utf-8",
	copies: [],
	...change,
});
const text = (...lines: string[]) =>
	`array:\n  - |\n${["objectName: db-password", ...lines].map((line) => `    ${line}\n`).join("")}`;

const readable: Record<string, [unknown, object[]]> = {
	"an item is YAML within the YAML": [providerClass(text("objectType: secret")), [object()]],
	"an item may be plain": [providerClass("array:\n  - objectName: db-password\n    objectType: secret\n"), [object()]],
	"an item without a type is a secret": [providerClass(text()), [object()]],
	"keys and certificates are no secrets": [providerClass(text("objectType: cert")), []],
	"an empty version and `latest` do not pin": [
		providerClass(text('objectVersion: ""') + text("objectVersion: latest").replace("array:\n", "")),
		[object(), object()],
	],
	"a version pins, even one that reads as a number": [
		providerClass(text("objectVersion: 12345678901234567890123456789012")),
		[object({ pinned: true })],
	],
	"more than one version is a history": [providerClass(text("objectVersionHistory: 2")), [object({ history: true })]],
	"a file is synced under its name": [
		providerClass(text(), {}, [
			{ secretName: "one", data: [{ objectName: "db-password", key: "a" }] },
			{
				secretName: "two",
				data: [
					{ objectName: "db-password", key: "b" },
					{ objectName: "other", key: "c" },
				],
			},
		]),
		[
			object({
				copies: [
					{ secret: "one", key: "a" },
					{ secret: "two", key: "b" },
				],
			}),
		],
	],
	"an alias is the file's name": [
		providerClass(text("objectAlias: pw"), {}, [
			{
				secretName: "one",
				data: [
					{ objectName: "db-password", key: "a" },
					{ objectName: "pw", key: "b" },
				],
			},
		]),
		[object({ copies: [{ secret: "one", key: "b" }] })],
	],
};

test.each(Object.entries(readable))("%s", (_sentence, [resource, objects]) => {
	expect(readProviderClass(resource)).toEqual({ state: "readable", vaultName: "titanic-kv", objects });
});

const foreign: Record<string, [unknown, string]> = {
	"another provider's class": [providerClass(text(), { provider: "vault" }), "its provider is not azure"],
	"a class without a vault": [
		{ spec: { provider: "azure", parameters: { objects: text() } } },
		"it has no keyvaultName",
	],
	"a class without objects": [
		{ spec: { provider: "azure", parameters: { keyvaultName: "titanic-kv" } } },
		"its parameter objects is not a readable list",
	],
	"objects that are not YAML": [providerClass("array: [}"), "its parameter objects is not a readable list"],
	"an item that is not YAML": [providerClass("array:\n  - '[}'\n"), "its parameter objects is not a readable list"],
	"something that is no class at all": ["<html>", "it is not of the form of secrets-store.csi.x-k8s.io/v1"],
};

test.each(Object.entries(foreign))("%s is foreign, in words of ours", (_sentence, [resource, detail]) => {
	expect(readProviderClass(resource)).toEqual({ state: "foreign", detail });
});

test("a secret is found in any case, as the vault finds it", () => {
	const read = readProviderClass(providerClass(text()));
	expect(read.state === "readable" && mountsOf(read.objects, "DB-Password")).toEqual([object()]);
});
