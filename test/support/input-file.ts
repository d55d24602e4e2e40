// A generator's input as a person would have encrypted it, for keys that the test holds: its values are nobody's.

import {
	type Form,
	type InputFile,
	inputFileIn,
	nextInputFile,
} from "../../src/lib/paths/kustomize-generator/input-file.ts";
import { type SopsKeys, vaultKeyVersion } from "./sops-file.ts";

const vaultUrl = "https://titanic-kv.vault.azure.net";
const at = "2026-11-01T00:00:00Z";
const armored = "-----BEGIN AGE ENCRYPTED FILE-----\nbm9ib2R5J3M=\n-----END AGE ENCRYPTED FILE-----\n";

interface Given {
	readonly keys?: readonly string[];
	readonly more?: Readonly<Record<string, string>>;
	readonly vault?: { readonly vaultUrl: string; readonly version: string };
}

/** Before its first encryption by us: without values. */
export function emptyInput(
	{ ageRecipient }: Pick<SopsKeys, "ageRecipient">,
	form: Form,
	{ keys = ["DB_PASSWORD"], more = {}, vault = { vaultUrl, version: vaultKeyVersion } }: Given = {},
): string {
	const key = { vault_url: vault.vaultUrl, name: "sops", version: vault.version, created_at: at, enc: "bm9ib2R5J3M" };
	const age = { recipient: ageRecipient, enc: armored };
	const plain = { lastmodified: at, mac: "", unencrypted_suffix: "_unencrypted", version: "3.11.0", ...more };
	if (form === "binary")
		return JSON.stringify({ data: "", sops: { kms: null, azure_kv: [key], age: [age], ...plain } }, null, "\t");
	const lines = [
		...keys.map((name) => `${name}=`),
		...Object.entries(age).map(([member, text]) => `sops_age__list_0__map_${member}=${text.replaceAll("\n", "\\n")}`),
		...Object.entries(key).map(([member, text]) => `sops_azure_kv__list_0__map_${member}=${text}`),
		...Object.entries(plain).map(([name, text]) => `sops_${name}=${text}`),
	];
	return `# titanic-api's database; the rotator keeps it\n${lines.join("\n")}\n`;
}

export function fittingInput(text: string, form: Form): InputFile {
	const found = inputFileIn(text, form);
	if ("unfit" in found) throw new Error(`the file ${found.unfit}`);
	return found;
}

/** With these values, by the file's keys. */
export async function encryptedInput(
	keys: SopsKeys,
	form: Form,
	values: Readonly<Record<string, string>>,
	{ contents = "", ...given }: Omit<Given, "keys"> & { readonly contents?: string } = {},
): Promise<string> {
	const file = fittingInput(emptyInput(keys, form, { keys: Object.keys(values), ...given }), form);
	const now = new Date("2026-11-28T19:00:00.123Z");
	return nextInputFile(file, { values: new Map(Object.entries(values)), contents, now, wrap: keys.wrap });
}
