// What an ExternalSecret says: which secrets of the vault it brings to which keys, and whether it ever reads them again. No I/O.
// XR1. Only what can be compared afterwards counts as brought. Otherwise: a sync that wrote nothing, and says Ready, is taken
//      for a delivery. Kept by: resource.test.ts.
// @see https://external-secrets.io/latest/api/externalsecret/

import * as z from "zod";
import { sameName } from "../copies.ts";

const Store = z.object({ kind: z.string().default("SecretStore"), name: z.string().default("") });
const Datum = z.object({
	secretKey: z.string(),
	remoteRef: z.object({
		key: z.string(),
		property: z.string().default(""),
		version: z.string().default(""),
		decodingStrategy: z.string().default("None"),
	}),
	sourceRef: z.object({ storeRef: Store.optional(), generatorRef: z.unknown().optional() }).optional(),
});
const Template = z.object({
	data: z.record(z.string(), z.string()).default({}),
	mergePolicy: z.string().default("Replace"),
	templateFrom: z.array(z.unknown()).default([]),
});
const Resource = z.object({
	metadata: z.object({
		annotations: z.record(z.string(), z.string()).default({}),
		ownerReferences: z.array(z.object({ kind: z.string(), name: z.string() })).default([]),
	}),
	spec: z.object({
		secretStoreRef: Store.optional(),
		refreshPolicy: z.string().default("Periodic"),
		refreshInterval: z.string().default("1h"),
		target: z
			.object({
				name: z.string().default(""),
				creationPolicy: z.string().default("Owner"),
				immutable: z.boolean().default(false),
				manifest: z.unknown().optional(),
				template: Template.optional(),
			})
			.prefault({}),
		data: z.array(Datum).default([]),
	}),
	status: z
		.object({
			conditions: z
				.array(z.object({ type: z.string(), status: z.string(), reason: z.string().default("") }))
				.default([]),
		})
		.prefault({}),
});
export type ExternalSecret = z.infer<typeof Resource>;
type Datum = z.infer<typeof Datum>;

export const readExternalSecret = (resource: unknown): ExternalSecret | undefined => Resource.safeParse(resource).data;

/** The Secret that it keeps. */
export const targetOf = ({ spec }: ExternalSecret, name: string): string => spec.target.name || name;

/** A key of the target, and how the secret's value is in it: `within` a text that a template makes. */
export interface Brought {
	readonly key: string;
	readonly form: "exact" | "within";
	/** The member of a JSON value that it has. */
	readonly property?: string;
}

/** @param secret its name in the vault */
export function broughtTo({ spec }: ExternalSecret, secret: string): Brought[] {
	const { template } = spec.target;
	const { data = {}, mergePolicy = "Merge", templateFrom = [] } = template ?? {};
	const isReplaced = mergePolicy !== "Merge" && (Object.keys(data).length > 0 || templateFrom.length > 0);
	return ofSecret(spec.data, secret).flatMap(({ secretKey, remoteRef: { property } }) => {
		const member = property === "" ? {} : { property };
		const isRaw = !isReplaced && data[secretKey] === undefined;
		const templated = Object.entries(data).filter(([, text]) => mentions(text, secretKey));
		return [
			...(isRaw ? [{ key: secretKey, form: "exact" as const, ...member }] : []),
			...templated.map(([key]) => ({ key, form: "within" as const, ...member })),
		];
	});
}

/** `secret/` is the provider's own word for what needs none. */
const ofSecret = (data: readonly Datum[], secret: string): Datum[] =>
	data.filter(({ remoteRef }) => sameName(remoteRef.key.replace(/^secret\//, ""), secret));

/** As Go's templates take it: `{{ .password }}`, `{{ index . "db-password" }}`. */
const mentions = (template: string, key: string): boolean => {
	const escaped = key.replace(/[^\w]/g, "\\$&");
	return new RegExp(`\\.${escaped}(?![\\w-])|["\`]${escaped}["\`]`).test(template);
};

/**
 * @param secrets the managed one first: it must be brought
 * @returns what keeps it from bringing a new version, as a text that completes a sentence
 */
export function whyUnfit(resource: ExternalSecret, secrets: readonly string[]): string | undefined {
	const { metadata, spec } = resource;
	const { refreshPolicy, refreshInterval, target } = spec;
	const owner = metadata.ownerReferences.find(({ kind }) => kind === "ClusterExternalSecret");
	if (owner)
		return `it belongs to ClusterExternalSecret ${owner.name}, which takes away the annotation that asks for a sync`;
	if (refreshPolicy === "CreatedOnce") return "its refreshPolicy is CreatedOnce, so it never reads the vault again";
	if (refreshPolicy === "Periodic" && !/[1-9]/.test(refreshInterval))
		return "its refreshInterval is 0, so it never reads the vault again";
	if (target.manifest !== undefined) return "its target is no Secret (target.manifest)";
	if (target.immutable) return "its target is immutable";
	if (target.creationPolicy === "None") return "its creationPolicy is None, so it writes nothing";
	for (const secret of secrets) {
		const why = unfitRef(ofSecret(spec.data, secret), spec.secretStoreRef, secret);
		if (why !== undefined) return why;
	}
	const [managed = ""] = secrets;
	if (ofSecret(spec.data, managed).length === 0) return `none of its data has remoteRef.key ${managed}`;
	if (broughtTo(resource, managed).length === 0) return `its template has no key that is made of ${managed} alone`;
	return undefined;
}

function unfitRef(
	data: readonly Datum[],
	store: z.infer<typeof Store> | undefined,
	secret: string,
): string | undefined {
	for (const { remoteRef, sourceRef } of data) {
		if (remoteRef.version !== "") return `it pins the version of ${secret}`;
		if (remoteRef.decodingStrategy !== "None")
			return `it decodes ${secret} (decodingStrategy), whose value is written as text`;
		if (remoteRef.property !== "" && !/^[\w-]+$/.test(remoteRef.property))
			return `its property of ${secret} is more than the name of a member`;
		const own = sourceRef?.storeRef;
		if (own && (own.kind !== store?.kind || own.name !== store.name))
			return `it takes ${secret} from a store of its own`;
		if (sourceRef?.generatorRef !== undefined) return `it takes ${secret} from a generator`;
	}
	return undefined;
}

/** What it says of its last sync, in its own word; `undefined` where that was well. */
export function troubleOf({ status }: ExternalSecret): string | undefined {
	const ready = status.conditions.find(({ type }) => type === "Ready");
	if (!ready) return "it has not been synced yet";
	if (ready.status === "True") return undefined;
	return /^[A-Z][A-Za-z]{1,59}$/.test(ready.reason) ? ready.reason : "not ready";
}
