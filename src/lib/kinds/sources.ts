// From where the containers of a pod template, or of a pod, take values: CSI volumes, Secrets, and values written out; no I/O.
// SO1. Every container counts, init containers and sidecars too. Otherwise: one of them keeps the old password, and the pod
//      is proved. Kept by: sources.test.ts.

import type { V1Container, V1KeyToPath, V1PodSpec, V1Volume } from "@kubernetes/client-node";

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
	/** What stays as it is while a pod runs: from the environment, by `subPath`, or where no container mounts it that goes on. */
	readonly kept: readonly Kept[];
	/** Values that stand in the template itself. */
	readonly literals: readonly { readonly value: string; readonly place: string }[];
}

export interface Kept {
	readonly providerClass?: string;
	readonly secret?: string;
	/** Of the Secret; without it all of it. */
	readonly key?: string;
	/** Of the class's mount; without it all of them. */
	readonly file?: string;
	readonly place: string;
}

/** @param of a pod template, or a pod */
export function sourcesOf(of: { readonly spec?: V1PodSpec } | undefined): Sources {
	const { volumes = [], containers = [], initContainers = [] } = of?.spec ?? {};
	const all = [...initContainers, ...containers];
	const mounts = all.flatMap(({ volumeMounts = [] }) => volumeMounts);
	const mounted = volumes.filter(({ name }) => mounts.some((mount) => mount.name === name));
	const whole = mounts.filter(({ subPath, subPathExpr }) => !subPath && !subPathExpr);
	const isRenewed = ({ name }: V1Volume) => whole.some((mount) => mount.name === name);
	const goesOn = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always")];
	return {
		kept: [...all.flatMap(fromEnvironment), ...mounted.flatMap((volume) => keptIn(volume, all, goesOn))],
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

/** The files of a volume that are not renewed for some container. */
function keptIn(volume: V1Volume, all: readonly V1Container[], goesOn: readonly V1Container[]): Kept[] {
	const whole = (file?: string, place = `volume ${volume.name}`): Kept[] => [
		...classOf(volume).map((providerClass) => ({ providerClass, ...(file !== undefined && { file }), place })),
		...fromVolume(volume, file).map(({ secret, key }) => ({ secret, ...(key !== undefined && { key }), place })),
	];
	const mountsOf = ({ volumeMounts = [] }: V1Container) => volumeMounts.filter(({ name }) => name === volume.name);
	const byPath = all.flatMap((container) =>
		mountsOf(container).flatMap(({ subPath, subPathExpr }) => {
			if (!subPath && !subPathExpr) return [];
			return whole(subPath, `volume ${volume.name}, which container ${container.name} mounts by subPath`);
		}),
	);
	const isRead = goesOn.some((container) => mountsOf(container).length > 0);
	return isRead ? byPath : [...byPath, ...whole(undefined, `volume ${volume.name}, which only init containers mount`)];
}

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

/** @param file only what is in this one */
function fromVolume({ name, secret, projected }: V1Volume, file?: string): SecretUse[] {
	const place = `volume ${name}`;
	const uses = (from: string | undefined, items: readonly V1KeyToPath[] | undefined): SecretUse[] => {
		if (!from) return [];
		if (!items?.length) return [{ secret: from, ...(file !== undefined && { key: file }), place }];
		const given = items.filter(({ path }) => file === undefined || path === file || path.startsWith(`${file}/`));
		return given.map(({ key }) => ({ secret: from, key, place }));
	};
	return [
		...uses(secret?.secretName, secret?.items),
		...(projected?.sources ?? []).flatMap((source) => uses(source.secret?.name, source.secret?.items)),
	];
}
