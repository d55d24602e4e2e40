import { expect, test } from "@jest/globals";
import { mountsOf, readProviderClass } from "../../../../src/lib/paths/csi-driver/provider-class.ts";

const providerClass = (objects: string, change: object = {}, secretObjects?: object[]) => ({
	spec: { provider: "azure", parameters: { keyvaultName: "titanic-kv", objects }, secretObjects, ...change },
});
const object = (change: object = {}) => ({
	name: "db-password",
	file: "db-password",
	version: undefined,
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
		[object({ version: "12345678901234567890123456789012" })],
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
		[object({ file: "pw", copies: [{ secret: "one", key: "b" }] })],
	],
	"a null, a blank and none at all are the same": [
		providerClass(
			["objectAlias", "objectVersion", "objectType", "objectEncoding", "objectVersionHistory"]
				.map((field) => ["", " ~", " null", ' ""', ' "  "'].map((blank) => text(`${field}:${blank}`)).join(""))
				.join("")
				.replaceAll(/(?<!^)array:\n/g, ""),
		),
		Array.from({ length: 25 }, () => object()),
	],
	"a number is the text that it is written as": [
		providerClass(text("objectAlias: 0123"), {}, [{ secretName: "one", data: [{ objectName: "0123", key: "a" }] }]),
		[object({ file: "0123", copies: [{ secret: "one", key: "a" }] })],
	],
	"an encoding is known in any case": [providerClass(text("objectEncoding: UTF-8")), [object()]],
	"another encoding is told": [providerClass(text("objectEncoding: Base64")), [object({ encoding: "base64" })]],
	"objects of others are read as leniently": [
		providerClass(text() + text("objectType: key", "objectAlias:", "objectEncoding: UTF-8").replace("array:\n", "")),
		[object()],
	],
};

test.each(Object.entries(readable))("%s", (_sentence, [resource, objects]) => {
	expect(readProviderClass(resource)).toMatchObject({ state: "readable", vaultName: "titanic-kv", objects });
});

test("a key that is copied from a file which nothing writes is told", () => {
	const copied = (...names: string[]) => [
		{ secretName: "one", data: names.map((objectName) => ({ objectName, key: `of-${objectName}` })) },
	];
	const of = (objects: string, ...names: string[]) => {
		const read = readProviderClass(providerClass(objects, {}, copied(...names)));
		return read.state === "readable" ? read.unwritten.map(({ key }) => key) : read;
	};
	expect(of(text("objectAlias: pw"), "db-password", "pw", "other")).toEqual(["of-db-password", "of-other"]);
	expect(of(text("objectType: cert", "objectAlias: tls"), "tls")).toEqual([]);
	expect(of(text("objectVersionHistory: 2"), "db-password/1", "db-password/2")).toEqual(["of-db-password/2"]);
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
	expect(readProviderClass(resource)).toMatchObject({ state: "foreign", detail });
});

test("a secret is found in any case, as the vault finds it", () => {
	const read = readProviderClass(providerClass(text()));
	expect(read.state === "readable" && mountsOf(read.objects, "DB-Password")).toMatchObject([object()]);
});
