// Which vault a SecretStore reads, and which PushSecrets write to a secret of ours. No I/O.

import * as z from "zod";
import type { Wanted } from "../../ports/delivery-path.ts";
import { sameName } from "../copies.ts";

const Store = z.object({
	spec: z.object({ provider: z.object({ azurekv: z.object({ vaultUrl: z.string() }).optional() }) }),
});

/** @returns a text that completes a sentence; `undefined` for a store of this vault */
export function whyForeign(store: unknown, vaultName: string): string | undefined {
	if (store === undefined) return "it does not exist";
	const { data } = Store.safeParse(store);
	if (!data) return "it is not of the form of external-secrets.io/v1";
	const url = data.spec.provider.azurekv?.vaultUrl;
	if (url === undefined) return "its provider is not azurekv";
	const host = URL.parse(url)?.hostname ?? "";
	return sameName(host.split(".")[0] ?? "", vaultName) ? undefined : `its vaultUrl is not that of ${vaultName}`;
}

const PushSecret = z.object({
	metadata: z.object({ name: z.string() }),
	spec: z.object({
		data: z.array(z.object({ match: z.object({ remoteRef: z.object({ remoteKey: z.string() }) }) })).default([]),
	}),
});

export function pushing(list: unknown, wanted: readonly Wanted[]): { name: string; secret: string } | undefined {
	const items = z.object({ items: z.array(z.unknown()) }).safeParse(list).data?.items ?? [];
	for (const { metadata, spec } of items.flatMap((item) => PushSecret.safeParse(item).data ?? []))
		for (const { match } of spec.data) {
			const key = match.remoteRef.remoteKey.replace(/^secret\//, "");
			const found = wanted.find(({ secret }) => sameName(secret, key));
			if (found) return { name: metadata.name, secret: found.secret };
		}
	return undefined;
}
