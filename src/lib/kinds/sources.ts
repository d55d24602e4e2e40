// From where the containers of a pod template, or of a pod, take values: CSI volumes, Secrets, and values written out; no I/O.
// SO1. Every container counts, init containers and sidecars too. Otherwise: one of them keeps the old password, and the pod
//      is proved. Kept by: sources.test.ts.

import type { V1Container, V1PodSpec, V1Volume } from "@kubernetes/client-node";

const driver = "secrets-store.csi.k8s.io";

/** One place that a Secret's value is taken from; without `key` all of it. */
export interface SecretUse {
	readonly secret: string;
	readonly key?: string;
	/** `variable DB_PASSWORD of container titanic-api`, as faults name it. */
	readonly place: string;
	/** In a file that kubelet renews while the pod runs. */
	readonly isRenewed?: true;
}

export interface Sources {
	/** SecretProviderClasses that some container mounts: kubelet sets up no other volumes. */
	readonly classes: readonly string[];
	/** Of these, those whose files the driver renews while the pod runs: one that is mounted by `subPath` stays as it was. */
	readonly renewed: readonly string[];
	readonly secrets: readonly SecretUse[];
	/** Values that stand in the template itself. */
	readonly literals: readonly { readonly value: string; readonly place: string }[];
}

/** @param of a pod template, or a pod */
export function sourcesOf(of: { readonly spec?: V1PodSpec } | undefined): Sources {
	const { volumes = [], containers = [], initContainers = [] } = of?.spec ?? {};
	const all = [...initContainers, ...containers];
	const mounts = all.flatMap(({ volumeMounts = [] }) => volumeMounts);
	const mounted = volumes.filter(({ name }) => mounts.some((mount) => mount.name === name));
	const whole = mounts.filter(({ subPath, subPathExpr }) => !subPath && !subPathExpr);
	const isRenewed = ({ name }: V1Volume) => whole.some((mount) => mount.name === name);
	return {
		classes: [...new Set(mounted.flatMap(classOf))],
		renewed: [...new Set(mounted.filter(isRenewed).flatMap(classOf))],
		secrets: [
			...all.flatMap(fromEnvironment),
			...mounted.flatMap((volume) =>
				fromVolume(volume).map((use) => ({ ...use, ...(isRenewed(volume) && { isRenewed: true as const }) })),
			),
		],
		literals: all.flatMap((container) =>
			(container.env ?? []).flatMap(({ name, value }) =>
				value ? { value, place: `variable ${name} of container ${container.name}` } : [],
			),
		),
	};
}

/** The Secrets that it refers to, by their names. */
export const secretNamesOf = (of: { readonly spec?: V1PodSpec } | undefined): string[] => [
	...new Set(sourcesOf(of).secrets.map(({ secret }) => secret)),
];

const classOf = ({ csi }: V1Volume): string[] =>
	csi?.driver === driver ? [csi.volumeAttributes?.secretProviderClass ?? ""] : [];

function fromEnvironment({ name: container, env = [], envFrom = [] }: V1Container): SecretUse[] {
	const one = env.flatMap(({ name, valueFrom }): SecretUse[] => {
		const { name: secret, key } = valueFrom?.secretKeyRef ?? {};
		return secret ? [{ secret, key, place: `variable ${name} of container ${container}` }] : [];
	});
	const whole = envFrom.flatMap(({ secretRef }): SecretUse[] =>
		secretRef?.name ? [{ secret: secretRef.name, place: `envFrom of container ${container}` }] : [],
	);
	return [...one, ...whole];
}

function fromVolume({ name, secret, projected }: V1Volume): SecretUse[] {
	const place = `volume ${name}`;
	const uses = (from: string | undefined, items: readonly { key: string }[] | undefined): SecretUse[] => {
		if (!from) return [];
		return items?.length ? items.map(({ key }) => ({ secret: from, key, place })) : [{ secret: from, place }];
	};
	return [
		...uses(secret?.secretName, secret?.items),
		...(projected?.sources ?? []).flatMap((source) => uses(source.secret?.name, source.secret?.items)),
	];
}
