// What a SecretProviderClass of the Azure provider says, read as the provider reads it; no I/O.
// @see https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/getting-started/usage/

import { parse } from "yaml";
import * as z from "zod";

const Item = z.object({
	objectName: z.coerce.string().trim(),
	objectType: z.string().trim().default("secret"),
	objectAlias: z.string().trim().optional(),
	objectVersion: z.coerce.string().trim().optional(),
	objectVersionHistory: z.coerce.number().optional(),
	objectEncoding: z.enum(["utf-8", "hex", "base64"]).or(z.literal("")).optional(),
});
/** Each item is YAML within the YAML; people write plain ones too. */
const Objects = z.object({
	array: z.array(z.preprocess((item) => (typeof item === "string" ? parse(item) : item), Item)),
});
const Resource = z.object({
	spec: z.object({
		provider: z.string(),
		parameters: z.record(z.string(), z.string()).default({}),
		secretObjects: z
			.array(
				z.object({
					secretName: z.string(),
					data: z.array(z.object({ objectName: z.string(), key: z.string() })).default([]),
				}),
			)
			.default([]),
	}),
});

/** A secret of the vault that the class mounts. */
export interface MountedObject {
	readonly name: string;
	/** It stays at one version for ever. */
	readonly pinned: boolean;
	/** Several versions, each in a file of its own under one id: its pod status cannot tell which is which. */
	readonly history: boolean;
	readonly encoding: "utf-8" | "hex" | "base64";
	/** The keys of Kubernetes Secrets that its file is copied to. */
	readonly copies: readonly { readonly secret: string; readonly key: string }[];
}

export type ProviderClass =
	| { readonly state: "readable"; readonly vaultName: string; readonly objects: readonly MountedObject[] }
	/** `detail` completes "SecretProviderClass x does not fit: ..." */
	| { readonly state: "foreign"; readonly detail: string };

export function readProviderClass(resource: unknown): ProviderClass {
	const foreign = (detail: string): ProviderClass => ({ state: "foreign", detail });
	const shape = Resource.safeParse(resource);
	if (!shape.success) return foreign("it is not of the form of secrets-store.csi.x-k8s.io/v1");
	const { provider, parameters, secretObjects } = shape.data.spec;
	if (provider !== "azure") return foreign("its provider is not azure");
	const vaultName = parameters.keyvaultName?.trim() ?? "";
	if (vaultName === "") return foreign("it has no keyvaultName");
	const listed = readObjects(parameters.objects ?? "");
	if (!listed) return foreign("its parameter objects is not a readable list");
	const objects = listed.array
		.filter(({ objectType }) => objectType.toLowerCase() === "secret")
		.map((item): MountedObject => {
			const file = item.objectAlias || item.objectName;
			return {
				name: item.objectName,
				pinned: item.objectVersion !== undefined && !["", "latest"].includes(item.objectVersion),
				history: (item.objectVersionHistory ?? 0) > 1,
				encoding: item.objectEncoding || "utf-8",
				copies: secretObjects.flatMap(({ secretName, data }) =>
					data.filter(({ objectName }) => objectName === file).map(({ key }) => ({ secret: secretName, key })),
				),
			};
		});
	return { state: "readable", vaultName, objects };
}

function readObjects(text: string): z.infer<typeof Objects> | undefined {
	try {
		return Objects.safeParse(parse(text)).data;
	} catch {
		return undefined;
	}
}

/** Key Vault's names know no case. */
export const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** All objects that mount this secret: it may be there under several aliases. */
export const mountsOf = (objects: readonly MountedObject[], secret: string): MountedObject[] =>
	objects.filter(({ name }) => sameName(name, secret));
