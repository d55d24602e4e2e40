// What a SecretProviderClass of the Azure provider says, read as the provider reads it; no I/O.
// SC1. What the provider takes is read here too: a null, a blank or a number for a text, an encoding in any case. Otherwise:
//      a class that mounts well is refused, or an object that is ours is overlooked. Kept by: provider-class.test.ts.
// @see https://github.com/Azure/secrets-store-csi-driver-provider-azure, pkg/provider/types

import { parse } from "yaml";
import * as z from "zod";
import { type Copy, sameName } from "../copies.ts";

/** Go reads any scalar into a text as it is written, and each of these as an empty one. */
const text = z
	.string()
	.nullish()
	.transform((value) => (/^(~|null|Null|NULL)?$/.test(value ?? "") ? "" : value!.trim()));

const Item = z.object({
	objectName: text.pipe(z.string().min(1)),
	objectType: text,
	objectAlias: text,
	objectVersion: text,
	objectVersionHistory: text,
	objectEncoding: text,
});
/** As texts: `0123` is the file 0123. */
const plain = (source: string): unknown => parse(source, { schema: "failsafe" });
/** Each item is YAML within the YAML; people write plain ones too. */
const Objects = z.object({
	array: z.array(z.preprocess((item) => (typeof item === "string" ? plain(item) : item), Item)),
});
const Resource = z.object({
	metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }).default({ annotations: {} }),
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
	readonly file: string;
	/** The version that it stays at for ever, where one is pinned. */
	readonly version?: string;
	/** Several versions, each in its own file under one id: its pod status cannot show which is which. */
	readonly history: boolean;
	/** What the provider takes the secret's value for. */
	readonly encoding: string;
	/** The keys that its file is copied to. */
	readonly copies: readonly Copy[];
}

export type ProviderClass =
	| {
			readonly state: "readable";
			readonly vaultName: string;
			readonly annotations: Readonly<Record<string, string>>;
			readonly objects: readonly MountedObject[];
			/** Keys that are to be copied from a file which nothing writes: the driver then writes nothing of that Secret. */
			readonly unwritten: readonly (Copy & { readonly file: string })[];
	  }
	/** `detail` completes "SecretProviderClass x does not fit: ..."; `elsewhere`: nothing in it comes from a Key Vault. */
	| { readonly state: "foreign"; readonly detail: string; readonly elsewhere: boolean };

export function readProviderClass(resource: unknown): ProviderClass {
	const foreign = (detail: string, elsewhere = false): ProviderClass => ({ state: "foreign", detail, elsewhere });
	const shape = Resource.safeParse(resource);
	if (!shape.success) return foreign("it is not of the form of secrets-store.csi.x-k8s.io/v1");
	const { provider, parameters, secretObjects } = shape.data.spec;
	if (provider !== "azure") return foreign("its provider is not azure", true);
	const vaultName = parameters.keyvaultName?.trim() ?? "";
	if (vaultName === "") return foreign("it has no keyvaultName");
	const listed = readObjects(parameters.objects ?? "");
	if (!listed) return foreign("its parameter objects is not a readable list");
	const copies = secretObjects.flatMap(({ secretName, data }) =>
		data.map(({ objectName, key }) => ({ secret: secretName, key, file: objectName })),
	);
	const files = listed.flatMap((item) => filesOf(item));
	const objects = listed
		.filter(({ objectType }) => (objectType || "secret").toLowerCase() === "secret")
		.map((item): MountedObject => {
			const file = item.objectAlias || item.objectName;
			return {
				name: item.objectName,
				file,
				version: ["", "latest"].includes(item.objectVersion) ? undefined : item.objectVersion,
				history: versionsOf(item) > 1,
				encoding: (item.objectEncoding || "utf-8").toLowerCase(),
				copies: copies.filter((copy) => copy.file === file).map(({ secret, key }) => ({ secret, key })),
			};
		});
	const { annotations } = shape.data.metadata;
	const unwritten = copies.filter(({ file }) => !files.includes(file));
	return { state: "readable", vaultName, annotations, objects, unwritten };
}

type Item = z.infer<typeof Item>;

const versionsOf = ({ objectVersionHistory }: Item): number => Number(objectVersionHistory) || 1;

/** Of several versions each has a file of its own, called by its age. */
function filesOf(item: Item): string[] {
	const file = item.objectAlias || item.objectName;
	const versions = versionsOf(item);
	return versions > 1 ? Array.from({ length: Math.min(versions, 1000) }, (_, age) => `${file}/${age}`) : [file];
}

function readObjects(source: string): readonly Item[] | undefined {
	try {
		return Objects.safeParse(plain(source)).data?.array;
	} catch {
		return undefined;
	}
}

/** All objects that mount this secret: it may be there under several aliases. */
export const mountsOf = (objects: readonly MountedObject[], secret: string): MountedObject[] =>
	objects.filter(({ name }) => sameName(name, secret));
