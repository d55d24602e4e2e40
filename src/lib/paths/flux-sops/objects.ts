// Flux's objects in the cluster, as they are read and asked for a reconciliation.

import type { ClusterClient } from "../../adapters/kubernetes/client.ts";
import { Fault } from "../../domain/fault.ts";
import type { NamedObjects, Refreshing } from "../../ports/delivery-path.ts";
import {
	failureOf,
	type GitRepository,
	hasApplied,
	type Kustomization,
	nameOf,
	standingOf,
	unfitKustomization,
} from "./flux.ts";

const groups = {
	gitrepositories: { group: "source.toolkit.fluxcd.io", version: "v1", plural: "gitrepositories" },
	kustomizations: { group: "kustomize.toolkit.fluxcd.io", version: "v1", plural: "kustomizations" },
};
type Resource = keyof typeof groups;

export interface FluxObjects {
	readonly source?: GitRepository;
	readonly kustomization: Kustomization;
}

/** What a delivery gives for Flux. */
export interface AppliedBy {
	readonly fluxNamespace: string;
	readonly kustomization: string;
}

export const kustomizationText = ({ fluxNamespace, kustomization }: AppliedBy): string =>
	`Kustomization ${fluxNamespace}/${kustomization}`;
export const sourceText = (source: GitRepository): string => `GitRepository ${nameOf(source)}`;

/**
 * The Kustomization, and the GitRepository that it names, where it names one.
 * @returns the fault that names the one that is missing
 */
export async function findFlux(client: ClusterClient, delivery: AppliedBy): Promise<FluxObjects | Fault> {
	const { fluxNamespace: namespace, kustomization: name } = delivery;
	const kustomization = await find<Kustomization>(client, "kustomizations", namespace, name);
	if (!kustomization) return new Fault("flux-missing", { object: kustomizationText(delivery) });
	const { sourceRef } = kustomization.spec;
	if (sourceRef.kind !== "GitRepository") return { kustomization };
	const of = sourceRef.namespace ?? namespace;
	const source = await find<GitRepository>(client, "gitrepositories", of, sourceRef.name);
	return source
		? { kustomization, source }
		: new Fault("flux-missing", { object: `GitRepository ${of}/${sourceRef.name}` });
}

/** As rights.json calls it. */
export const kustomizationNamed = ({ fluxNamespace, kustomization }: AppliedBy) => ({
	Kustomization: { namespace: fluxNamespace, names: [kustomization] },
});

/** The GitRepository that the Kustomization names. */
export async function sourceNamed(client: ClusterClient, delivery: AppliedBy): Promise<NamedObjects> {
	const { fluxNamespace, kustomization: name } = delivery;
	const found = await find<Kustomization>(client, "kustomizations", fluxNamespace, name);
	if (!found) throw new Fault("flux-missing", { object: kustomizationText(delivery) });
	const { sourceRef } = found.spec;
	if (sourceRef.kind !== "GitRepository") return {};
	return { GitRepository: { namespace: sourceRef.namespace ?? fluxNamespace, names: [sourceRef.name] } };
}

const find = <T>(client: ClusterClient, resource: Resource, namespace: string, name: string) =>
	client.find({ verb: "get", resource, namespace, name }, ({ custom }) =>
		custom.getNamespacedCustomObject({ ...groups[resource], namespace, name }),
	) as Promise<T | undefined>;

/**
 * Asks for a reconciliation of both: the source first, whose new commit then starts the Kustomization's by itself.
 * @param token another one each time: the same is not a change
 */
export async function reconcile(
	client: ClusterClient,
	{ source, kustomization }: FluxObjects,
	token: string,
	dryRun?: "All",
): Promise<void> {
	const body = { metadata: { annotations: { "reconcile.fluxcd.io/requestedAt": token } } };
	const patch = async (resource: Resource, { metadata }: GitRepository | Kustomization) => {
		const [namespace, name] = [metadata.namespace ?? "", metadata.name ?? ""];
		await client.call({ verb: "patch", resource, namespace, name }, ({ custom, merge }) =>
			custom.patchNamespacedCustomObject(
				{ ...groups[resource], namespace, name, body, fieldManager: "titanic-secret-rotator", dryRun },
				merge,
			),
		);
	};
	if (source) await patch("gitrepositories", source);
	await patch("kustomizations", kustomization);
}

/** Asks for it in a delivery. @param token another one in each round */
export async function askFlux(client: ClusterClient, delivery: AppliedBy, token: string): Promise<void> {
	const flux = await findFlux(client, delivery);
	if (flux instanceof Fault) throw flux;
	await reconcile(client, flux, token);
}

/** Another one in each round, and once more when people have merged. */
export const tokenOf = (rotationId: string, { round, isMerged = false }: Omit<Refreshing, "stillLive">): string =>
	[rotationId, round, ...(isMerged ? ["merged"] : [])].join(".");

/** Has the Kustomization applied this commit, and waited for what it waits for? */
export async function appliedBy(client: ClusterClient, delivery: AppliedBy, commit: string): Promise<boolean> {
	const flux = await findFlux(client, delivery);
	return !(flux instanceof Fault) && hasApplied(flux.kustomization, commit);
}

/** How far Flux has got, while the copy is waited for. */
export async function standingText(client: ClusterClient, delivery: AppliedBy): Promise<string> {
	const flux = await findFlux(client, delivery);
	if (flux instanceof Fault) return flux.sentence;
	return flux.source ? standingOf(flux.source, flux.kustomization) : "its source is no GitRepository";
}

/** Will Flux bring into the cluster what is committed? */
export function unfitFlux({ source, kustomization }: FluxObjects, delivery: AppliedBy): Fault | undefined {
	const object = kustomizationText(delivery);
	const detail = unfitKustomization(kustomization);
	if (detail !== undefined) return new Fault("flux-unfit", { object, detail });
	const both = [...(source ? [{ object: sourceText(source), ...source }] : []), { object, ...kustomization }];
	for (const one of both) {
		if (one.spec.suspend) return new Fault("flux-suspended", { object: one.object });
		const reason = failureOf(one);
		if (reason !== undefined) return new Fault("flux-failing", { object: one.object, reason });
	}
	return undefined;
}

const kept = "kustomize.toolkit.fluxcd.io";

interface Labelled {
	readonly metadata?: {
		readonly labels?: Readonly<Record<string, string>>;
		readonly annotations?: Readonly<Record<string, string>>;
	};
}

/** @returns why this Kustomization does not apply the object, or does not go on applying it, as the rest of a sentence */
export function unapplied({ metadata = {} }: Labelled, delivery: AppliedBy): string | undefined {
	const { labels = {}, annotations = {} } = metadata;
	const isOfIt =
		labels[`${kept}/name`] === delivery.kustomization && labels[`${kept}/namespace`] === delivery.fluxNamespace;
	if (!isOfIt) return `is not applied by ${kustomizationText(delivery)}, as its labels show`;
	const isLeft =
		annotations[`${kept}/reconcile`] === "disabled" ||
		["Ignore", "IfNotPresent"].includes(annotations[`${kept}/ssa`] ?? "");
	return isLeft ? "has an annotation that keeps Flux from changing it" : undefined;
}
