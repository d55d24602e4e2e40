// The generator's input in the repository: whether it is the one that is configured, and its next version.
// KIF1. A variable has one line. Otherwise: Kustomize takes the rest of the value for another variable, and pods start with half a
//      password. Kept by: kustomize-generator.test.ts.

import { posix } from "node:path";
import { Fault } from "../../domain/fault.ts";
import type { Password } from "../../domain/password.ts";
import { contentsOf } from "../../domain/workload.ts";
import type { Consumer } from "../../ports/delivery-path.ts";
import type { Checkout, Repository } from "../../ports/repository.ts";
import { sameName } from "../copies.ts";
import { wrapWith, wrongRecipient } from "../flux-sops/file.ts";
import type { Format } from "../flux-sops/in-git.ts";
import { kustomizationFiles } from "../flux-sops/reach.ts";
import { type Use, useOf } from "./generator.ts";
import { type InputFile, inputFileIn, nextInputFile } from "./input-file.ts";
import type { KustomizeGenerator } from "./schema.ts";

type Generated = Consumer<KustomizeGenerator>;

export const inputFile: Pick<Format<KustomizeGenerator, InputFile>, "read" | "built" | "next"> = {
	built: (file) => posix.dirname(file),

	async read(checkout, found, consumer) {
		const { file, recipients, keys } = consumer.delivery;
		const { name: repository, branch } = found;
		const text = await checkout.read(file);
		if (text === undefined) return new Fault("sops-file-missing", { repository, branch, file });
		const use = await useIn(checkout, found, consumer);
		if (use instanceof Fault) return use;
		const read = inputFileIn(text, use.form);
		const unfit = (detail: string) => new Fault("input-file-unfit", { repository, file, detail });
		if ("unfit" in read) return unfit(read.unfit);
		const wanted = Object.values(keys);
		const held = use.key === undefined ? read.keys : [use.key];
		const missing = wanted.find((key) => !held.includes(key));
		if (missing !== undefined) return unfit(`has no key ${missing}`);
		if (held.length > wanted.length)
			return unfit("has more keys than the configuration; give each managed secret a file of its own");
		return wrongRecipient(read, recipients, { repository, file }) ?? read;
	},

	async next(file, { delivery }, published, keys, now) {
		const values = new Map<string, string>();
		for (const [name, key] of Object.entries(delivery.keys)) {
			const found = published.find(({ secret }) => sameName(secret, name));
			if (!found) throw new Fault("secret-missing", { vault: published[0]?.vault ?? "", secret: name });
			const unfit = unfitValue(file, delivery, found.secret, found.value);
			if (unfit) throw unfit;
			values.set(file.form === "binary" ? "data" : key, found.value.reveal());
		}
		return nextInputFile(file, { values, contents: contentsOf(published), now, wrap: wrapWith(keys) });
	},
};

/** Of one of the delivery's secrets. */
export function unfitValue(
	{ form }: InputFile,
	{ keys, file }: KustomizeGenerator,
	secret: string,
	value: Password | undefined,
): Fault | undefined {
	const isBrought = Object.keys(keys).some((name) => sameName(name, secret));
	const hasLines = form === "dotenv" && isBrought && /[\r\n]/.test(value?.reveal() ?? "");
	return hasLines ? new Fault("input-value-unfit", { file, secret }) : undefined;
}

async function useIn(
	checkout: Checkout,
	{ name: repository, branch }: Repository,
	{ delivery: { file, secret } }: Generated,
): Promise<Use | Fault> {
	const folder = posix.dirname(file);
	for (const name of kustomizationFiles) {
		const text = await checkout.read(posix.join(folder, name));
		if (text === undefined) continue;
		const use = useOf(text, posix.basename(file), secret);
		if (use === undefined) break;
		return "unfit" in use ? new Fault("generator-unfit", { repository, file, detail: use.unfit }) : use;
	}
	return new Fault("generator-missing", { repository, branch, file });
}
