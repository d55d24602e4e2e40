// What a pod template says of how its pods read the vault; no I/O.

import type { V1Container, V1PodTemplateSpec } from "@kubernetes/client-node";

/** What AKS's webhook looks at. */
const useLabel = "azure.workload.identity/use";
export const clientIdAnnotation = "azure.workload.identity/client-id";
const skipAnnotation = "azure.workload.identity/skip-containers";

export const serviceAccountOf = (template: V1PodTemplateSpec | undefined): string =>
	template?.spec?.serviceAccountName || "default";

/** @returns what keeps every container of the pods from an identity, as faults say it */
export function lacksIdentity(template: V1PodTemplateSpec | undefined): string | undefined {
	const { labels = {}, annotations = {} } = template?.metadata ?? {};
	// The webhook compares with this very text.
	if (labels[useLabel] !== "true") return `their template does not have the label ${useLabel}: "true"`;
	const skipped = (annotations[skipAnnotation] ?? "").split(";").map((name) => name.trim());
	const isSkipped = ({ name }: V1Container) => skipped.includes(name);
	return containersOf(template).every(isSkipped)
		? `the annotation ${skipAnnotation} of their template leaves out every container`
		: undefined;
}

/** The first place that names one of these secrets with its version, as a URL of the vault or as `name/version` does. */
export function pinnedIn(
	template: V1PodTemplateSpec | undefined,
	secrets: readonly string[],
): { readonly secret: string; readonly place: string } | undefined {
	for (const container of containersOf(template)) {
		const { name, env = [], command = [], args = [] } = container;
		const texts = [
			...env.map((one) => ({ text: one.value ?? "", place: `variable ${one.name} of container ${name}` })),
			...[...command, ...args].map((text) => ({ text, place: `the command of container ${name}` })),
		];
		for (const secret of secrets) {
			// Names of secrets have letters, digits and hyphens only.
			const versioned = new RegExp(`(?<![\\w-])${secret}[/:@][0-9a-f]{32}(?![\\w-])`, "i");
			const found = texts.find(({ text }) => versioned.test(text));
			if (found) return { secret, place: found.place };
		}
	}
	return undefined;
}

/** Does some container take its pod's name into its environment? */
export const isToldItsName = (template: V1PodTemplateSpec | undefined): boolean =>
	containersOf(template).some(({ env = [] }) =>
		env.some(({ valueFrom }) => valueFrom?.fieldRef?.fieldPath === "metadata.name"),
	);

const containersOf = (template: V1PodTemplateSpec | undefined): readonly V1Container[] => [
	...(template?.spec?.initContainers ?? []),
	...(template?.spec?.containers ?? []),
];
