// Who takes which secret of which vault, as the manifests say; no I/O, and no value.
// DSC1. What a manifest names is a claim: it is reported with its evidence, and how far it goes. Otherwise: somebody rotates a
//       secret whose other consumer nobody has seen. Kept by: references.test.ts.

import * as z from "zod";
import type { ListedKind } from "../adapters/kubernetes/manifests.ts";
import { sourcesOf } from "../kinds/sources.ts";
import { readProviderClass } from "../paths/csi-driver/provider-class.ts";

/** As the API has it. */
type Template = NonNullable<Parameters<typeof sourcesOf>[0]> & {
	readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
};

export interface Consumer {
	readonly namespace: string;
	/** What the API calls it. */
	readonly kind: string;
	readonly name: string;
	readonly delivery?:
		| { readonly path: "csi-driver"; readonly secretProviderClass: string }
		| { readonly path: "external-secrets"; readonly externalSecret: string };
	/** `certain`: its manifest names it. `likely`: it takes a copy that another workload keeps alive. */
	readonly confidence: "certain" | "likely";
	/** A sentence. */
	readonly evidence: string;
}

export interface Reference extends Consumer {
	/** The vault's name in Azure. */
	readonly vaultName: string;
	readonly secret: string;
}

export interface Seen {
	readonly references: readonly Reference[];
	/** What writes into a vault, reads it as itself, or brings what a pattern finds. */
	readonly notes: readonly string[];
}

type Objects = Partial<Readonly<Record<ListedKind, readonly unknown[]>>>;

const Meta = z.object({
	metadata: z.object({
		name: z.string(),
		namespace: z.string().default(""),
		annotations: z.record(z.string(), z.string()).default({}),
		ownerReferences: z.array(z.object({ kind: z.string() })).default([]),
	}),
});
const Ref = z.object({ key: z.string() });
const StoreRef = z.object({ kind: z.string().default("SecretStore"), name: z.string().default("") });
const External = Meta.extend({
	spec: z.object({
		secretStoreRef: StoreRef.optional(),
		target: z.object({ name: z.string().default("") }).prefault({}),
		data: z
			.array(z.object({ remoteRef: Ref, sourceRef: z.object({ storeRef: StoreRef.optional() }).optional() }))
			.default([]),
		dataFrom: z.array(z.object({ extract: Ref.optional(), find: z.unknown().optional() })).default([]),
	}),
});
const Store = Meta.extend({
	spec: z.object({ provider: z.object({ azurekv: z.object({ vaultUrl: z.string() }).optional() }) }),
});
const Push = Meta.extend({
	spec: z.object({
		secretStoreRefs: z.array(StoreRef).default([]),
		data: z.array(z.object({ match: z.object({ remoteRef: z.object({ remoteKey: z.string() }) }) })).default([]),
	}),
});
const Spread = Meta.extend({ spec: z.object({ externalSecretSpec: z.unknown() }) });

const read = <T extends z.ZodType>(schema: T, items: readonly unknown[] = []): z.output<T>[] =>
	items.flatMap((item) => schema.safeParse(item).data ?? []);

export interface Workload {
	readonly namespace: string;
	readonly kind: string;
	readonly name: string;
	readonly template: Template | undefined;
}

const workloadKinds = ["Deployment", "StatefulSet", "DaemonSet", "Rollout", "CronJob", "Job"] as const;

/** Those that are scaled to zero, or suspended, too. A CronJob's Jobs are the CronJob's. */
export function workloadsIn(objects: Objects): Workload[] {
	return workloadKinds.flatMap((kind) =>
		(objects[kind] ?? []).flatMap((item): Workload[] => {
			const { data } = Meta.safeParse(item);
			if (!data || data.metadata.ownerReferences.some((owner) => owner.kind === "CronJob")) return [];
			const { spec } = item as {
				spec?: { template?: Template; jobTemplate?: { spec?: { template?: Template } } };
			};
			const template = kind === "CronJob" ? spec?.jobTemplate?.spec?.template : spec?.template;
			return [{ namespace: data.metadata.namespace, kind, name: data.metadata.name, template }];
		}),
	);
}

/** Names of Secrets that its pods take, one way or another. */
function secretsOf({ template }: Workload): { readonly secret: string; readonly place: string }[] {
	const pulls = template?.spec?.imagePullSecrets ?? [];
	return [
		...sourcesOf(template).secrets,
		...pulls.flatMap(({ name }) => (name ? [{ secret: name, place: "imagePullSecrets" }] : [])),
	];
}

const vaultNameOf = (url: string): string => URL.parse(url)?.hostname.split(".")[0] ?? "";
const bare = (key: string): string => key.replace(/^secret\//, "");

export function seenIn(objects: Objects): Seen {
	const workloads = workloadsIn(objects);
	const stores = new Map<string, string>();
	for (const { metadata, spec } of read(Store, objects.SecretStore))
		stores.set(
			`SecretStore ${metadata.namespace}/${metadata.name}`,
			vaultNameOf(spec.provider.azurekv?.vaultUrl ?? ""),
		);
	for (const { metadata, spec } of read(Store, objects.ClusterSecretStore))
		stores.set(`ClusterSecretStore ${metadata.name}`, vaultNameOf(spec.provider.azurekv?.vaultUrl ?? ""));
	const vaultOf = (namespace: string, ref: z.output<typeof StoreRef> | undefined): string =>
		stores.get(
			ref?.kind === "ClusterSecretStore"
				? `ClusterSecretStore ${ref.name}`
				: `SecretStore ${namespace}/${ref?.name ?? ""}`,
		) ?? "";
	return {
		references: [...ofClasses(objects, workloads), ...ofExternalSecrets(objects, workloads, vaultOf)],
		notes: [...pushes(objects, vaultOf), ...patterns(objects), ...identities(objects, workloads)],
	};
}

function ofClasses(objects: Objects, workloads: readonly Workload[]): Reference[] {
	return (objects.SecretProviderClass ?? []).flatMap((item): Reference[] => {
		const [{ metadata } = {}] = read(Meta, [item]);
		const found = readProviderClass(item);
		if (!metadata) return [];
		const { namespace, name } = metadata;
		if (found.state !== "readable") return [];
		const here = workloads.filter((workload) => workload.namespace === namespace);
		const called = `SecretProviderClass ${namespace}/${name}`;
		return found.objects.flatMap((object) =>
			here.flatMap((workload): Reference[] => {
				const { kind, name: of } = workload;
				const at = { vaultName: found.vaultName, secret: object.name, namespace, kind, name: of };
				if (sourcesOf(workload.template).classes.includes(name)) {
					const delivery = { path: "csi-driver" as const, secretProviderClass: name };
					return [
						{ ...at, delivery, confidence: "certain", evidence: `It mounts ${called}, which has ${object.name}.` },
					];
				}
				const use = secretsOf(workload).find(({ secret }) => object.copies.some((copy) => copy.secret === secret));
				if (!use) return [];
				// The copy is there only while another workload mounts the class.
				return [
					{
						...at,
						confidence: "likely",
						evidence: `It takes Secret ${use.secret} (${use.place}), which ${called} syncs while something else mounts that.`,
					},
				];
			}),
		);
	});
}

function ofExternalSecrets(
	objects: Objects,
	workloads: readonly Workload[],
	vaultOf: (namespace: string, ref: z.output<typeof StoreRef> | undefined) => string,
): Reference[] {
	return read(External, objects.ExternalSecret).flatMap(({ metadata: { namespace, name }, spec }): Reference[] => {
		const target = spec.target.name || name;
		const keys = [
			...spec.data.map(({ remoteRef, sourceRef }) => ({
				key: bare(remoteRef.key),
				store: sourceRef?.storeRef ?? spec.secretStoreRef,
			})),
			...spec.dataFrom.flatMap(({ extract }) =>
				extract ? [{ key: bare(extract.key), store: spec.secretStoreRef }] : [],
			),
		];
		const users = workloads
			.filter((one) => one.namespace === namespace)
			.flatMap((workload) => {
				const use = secretsOf(workload).find(({ secret }) => secret === target);
				return use ? [{ workload, use }] : [];
			});
		return keys.flatMap(({ key, store }) =>
			users.map(
				({ workload: { kind, name: of }, use }): Reference => ({
					...{ vaultName: vaultOf(namespace, store), secret: key, namespace, kind, name: of },
					delivery: { path: "external-secrets", externalSecret: name },
					confidence: "certain",
					evidence: `It takes Secret ${target} (${use.place}), to which ExternalSecret ${namespace}/${name} brings ${key}.`,
				}),
			),
		);
	});
}

const pushes = (objects: Objects, vaultOf: (namespace: string, ref: z.output<typeof StoreRef>) => string): string[] =>
	read(Push, objects.PushSecret).flatMap(({ metadata: { namespace, name }, spec }) =>
		spec.data.map(({ match }) => {
			const vaults = spec.secretStoreRefs.map((ref) => vaultOf(namespace, ref)).filter((vault) => vault !== "");
			return `PushSecret ${namespace}/${name} writes ${bare(match.remoteRef.remoteKey)} to ${vaults.join(", ") || "a store that could not be read"}: what is rotated, it writes over.`;
		}),
	);

const patterns = (objects: Objects): string[] => [
	...read(External, objects.ExternalSecret).flatMap(({ metadata: { namespace, name }, spec }) =>
		spec.dataFrom.some(({ find }) => find !== undefined)
			? [
					`ExternalSecret ${namespace}/${name} brings whatever a pattern finds (dataFrom.find): any secret of its vault may be among that.`,
				]
			: [],
	),
	...read(Spread, objects.ClusterExternalSecret).map(
		({ metadata: { name } }) =>
			`ClusterExternalSecret ${name} makes ExternalSecrets in several namespaces; the rotator cannot ask those for a sync.`,
	),
];

const clientId = "azure.workload.identity/client-id";

function identities(objects: Objects, workloads: readonly Workload[]): string[] {
	return read(Meta, objects.ServiceAccount).flatMap(({ metadata: { namespace, name, annotations } }) => {
		const id = annotations[clientId];
		if (!id) return [];
		const users = workloads.filter(
			(one) =>
				one.namespace === namespace &&
				(one.template?.spec?.serviceAccountName || "default") === name &&
				one.template?.metadata?.labels?.["azure.workload.identity/use"] === "true",
		);
		return users.map(
			(one) =>
				`${one.kind} ${namespace}/${one.name} may read a vault itself, as client ${/^[0-9a-f-]{36}$/i.test(id) ? id : "(not a GUID)"}: which secrets, only role assignments and the vault's audit log show.`,
		);
	});
}
