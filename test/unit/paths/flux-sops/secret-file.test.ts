import { beforeAll, describe, expect, test } from "@jest/globals";
import { secretFileIn } from "../../../../src/lib/paths/flux-sops/sops/secret-file.ts";
import { encryptedWith, manifest, type SopsKeys, sopsKeys, vaultKeyVersion } from "../../../support/sops-file.ts";

let keys: SopsKeys;
let file: string;
beforeAll(async () => {
	keys = await sopsKeys();
	file = await encryptedWith(
		manifest(keys, { keys: ["db-password", "database-url"] }),
		keys,
		{ "db-password": "new-password", "database-url": "postgresql://titanic:new-password@db/titanic" },
		{ "titanic/version": "1" },
	);
});

test("a Secret's manifest that SOPS has encrypted tells its name, its keys, its annotations and its recipients", () => {
	expect(secretFileIn(file)).toMatchObject({
		name: "titanic-api-secrets",
		namespace: "titanic-api",
		keys: ["db-password", "database-url"],
		annotations: { "titanic/version": "1" },
		recipients: [
			{ kind: "azure_kv", vaultUrl: "https://titanic-kv.vault.azure.net", name: "sops", version: vaultKeyVersion },
			{ kind: "age", publicKey: keys.ageRecipient },
		],
		macCoversEncryptedOnly: false,
		indent: 4,
	});
});

test("one whose values are empty still fits: that is how a file begins", () => {
	expect(secretFileIn(manifest(keys))).toMatchObject({ keys: ["db-password"] });
});

const sealed = "ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]";
const replaced = (from: string | RegExp, to: string) => {
	const text = file.replace(from, to);
	if (text === file) throw new Error(`nothing replaced: ${from}`);
	return text;
};

describe("A file is refused, and told why,", () => {
	const cases: Record<string, [() => string, string | RegExp]> = {
		"when it is large": [() => `${file}${"# more\n".repeat(150_000)}`, "has more than 1 MiB, and no Secret has"],
		"when it has more lines than such files have": [
			() => `${file}${"#\n".repeat(3000)}`,
			"has more than 3000 lines, or items of lists",
		],
		"when it has more items": [
			() => `${file}more: {${"a:,".repeat(3000)}}`,
			"has more than 3000 lines, or items of lists",
		],
		"when it is empty": [() => "", /holds 0 documents/],
		"when it is no YAML": [() => `${file}\n\t: [`, "is not valid YAML"],
		"when a key is there twice": [() => replaced("type: Opaque", "type: Opaque\nkind: Secret"), "is not valid YAML"],
		"when it holds two documents": [() => `${file}---\n${file}`, "holds 2 documents; give it one, the Secret"],
		"when it is something else than a Secret": [
			() => replaced("kind: Secret", "kind: ConfigMap"),
			"is no Secret of v1",
		],
		"when it has no name": [() => replaced("name: titanic-api-secrets", "generateName: titanic-"), /metadata.name/],
		"when it is not encrypted": [() => file.slice(0, file.indexOf("sops:")), /no block sops/],
		"when it has anchors": [() => replaced("type: Opaque", "type: &type Opaque"), /anchors, aliases, tags/],
		"when it has tags": [() => replaced("type: Opaque", "type: !!str Opaque"), /anchors, aliases, tags/],
		"when a key is a number": [() => replaced("app: titanic-api", "1: titanic-api"), /keys that are not texts/],
		"when a value is in clear": [
			() => replaced(/db-password: ENC\[.*\]/, "db-password: bmV3LXBhc3N3b3Jk"),
			"has a value in clear: data.db-password",
		],
		"when it has stringData": [() => replaced("\ndata:", `\nstringData:\n    a: ${sealed}\ndata:`), /has stringData/],
		"when it has no data": [() => replaced(/\ndata:\n( {4}.*\n)+/, "\n"), "has no data"],
		"when a name is encrypted too": [
			() => replaced("name: titanic-api-secrets", `name: ${sealed}`),
			"has more encrypted than the values of data: metadata.name",
		],
		"when its rule meets an annotation": [
			() => replaced("titanic/version:", "data:"),
			"has more encrypted than the values of data: metadata.annotations.data",
		],
		"when its rule is of another form": [
			() => replaced("encrypted_regex: ^(data|stringData)$", "encrypted_regex: ^(da+ta)$"),
			/another rule/,
		],
		"when its rule is to encrypt all": [
			() => replaced("encrypted_regex: ^(data|stringData)$", "unencrypted_suffix: _unencrypted"),
			/another rule/,
		],
		"when a label is a number": [
			() => replaced("app: titanic-api", "app: 1_000.5e3\n        n: 12"),
			/number at metadata.labels.n/,
		],
		"when a comment is encrypted": [() => replaced("\ndata:\n", `\ndata:\n    #${sealed}\n`), /encrypted comment/],
		"when it has no recipient": [
			() => replaced(/ {4}azure_kv:\n[\s\S]*? {4}lastmodified/, "    lastmodified"),
			"has no recipient",
		],
		"when it is for PGP too": [
			() => replaced("    lastmodified", "    pgp:\n        - fp: ABC\n          enc: x\n    lastmodified"),
			"has recipients that only sops can encrypt for: pgp",
		],
		"when its key is in shares": [
			() => replaced("    lastmodified", "    shamir_threshold: 2\n    lastmodified"),
			"has recipients that only sops can encrypt for: shamir_threshold",
		],
		"when it is for an SSH key": [() => replaced(/recipient: age1\w+/, "recipient: ssh-ed25519 AAAA"), /no X25519 key/],
		"when it names no version of the vault's key": [
			() => replaced(`version: ${vaultKeyVersion}`, 'version: ""'),
			"has an entry of azure_kv that is no version of a key",
		],
	};
	test.each(Object.entries(cases))("%s", (_, [text, told]) => {
		const found = secretFileIn(text());
		expect(found).toEqual({ unfit: typeof told === "string" ? told : expect.stringMatching(told) });
	});
	test("and no value of it is repeated", () => {
		const text = replaced(/db-password: ENC\[.*\]/, "pass word$1: new-password");
		expect(JSON.stringify(secretFileIn(text))).not.toMatch(/new-password|pass word/);
	});
});
