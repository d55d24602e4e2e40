// A volume of a Secret, as kubelet keeps it: written when the pod is set up, and again at each sync where the Secret has changed.
// SV1. A running pod sees a change no sooner than the next sync, a minute by kubelet's default. Otherwise: what works here with
//      files that are new at once fails in production.

import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { V1Secret, V1SecretVolumeSource } from "@kubernetes/client-node";
import { type Api, at, isMissing, type Wire } from "../../packages/kubernetes-api/index.ts";
import { sleep } from "./container.ts";

type Files = Readonly<Record<string, string>>;

/** Until `signal` says that the pod is over. @throws Error as kubelet's events have it, when it cannot be set up */
export async function keepSecretVolume(
	api: Api,
	namespace: string,
	source: Wire<V1SecretVolumeSource>,
	targetPath: string,
	{ syncMs, signal }: { readonly syncMs: number; readonly signal: AbortSignal },
): Promise<void> {
	let written = await filesOf(api, namespace, source);
	await write(targetPath, written);
	void (async () => {
		for (;;) {
			await sleep(syncMs, signal);
			if (signal.aborted) return;
			// What cannot be read now stays as it is.
			const files = await filesOf(api, namespace, source).catch(() => written);
			if (JSON.stringify(files) === JSON.stringify(written)) continue;
			written = files;
			await write(targetPath, files).catch(() => {});
		}
	})();
}

async function filesOf(api: Api, namespace: string, source: Wire<V1SecretVolumeSource>): Promise<Files> {
	const { secretName: name = "", items, optional = false } = source;
	const secret = await api.get<Wire<V1Secret>>(at("v1", "secrets", namespace, name)).catch((error) => {
		if (isMissing(error)) return undefined;
		throw error;
	});
	if (!secret && !optional) throw new Error(`MountVolume.SetUp failed: secret "${name}" not found`);
	const data = secret?.data ?? {};
	if (!items) return data;
	const lacking = items.find(({ key }) => data[key] === undefined);
	if (lacking && !optional) throw new Error(`references non-existent secret key: ${lacking.key}`);
	return Object.fromEntries(items.flatMap(({ key, path }) => (data[key] === undefined ? [] : [[path, data[key]]])));
}

/** A reader sees the old file or the new one, never half of it. */
async function write(targetPath: string, files: Files): Promise<void> {
	const next = join(dirname(targetPath), "next");
	for (const one of [next, targetPath]) await mkdir(one, { recursive: true });
	for (const [file, value] of Object.entries(files)) {
		await mkdir(dirname(join(targetPath, file)), { recursive: true });
		await mkdir(dirname(join(next, file)), { recursive: true });
		await writeFile(join(next, file), Buffer.from(value, "base64"), { mode: 0o644 });
		await rename(join(next, file), join(targetPath, file));
	}
	for (const there of await readdir(targetPath)) {
		const isKept = Object.keys(files).some((file) => file.split("/")[0] === there);
		if (!isKept) await rm(join(targetPath, there), { recursive: true, force: true });
	}
}
