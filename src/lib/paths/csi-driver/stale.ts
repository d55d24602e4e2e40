// Why a copy is not new, for a person: what the Secret lacks, and what the driver says it has mounted. No I/O.
// WS1. Names and versions alone, those of pod statuses in the form of one (pod-status.ts).

import type { V1Secret } from "@kubernetes/client-node";
import { type Expected, whatItLacks } from "../copies.ts";
import { type PodStatus, versionIn } from "./pod-status.ts";

/** @param secret the Kubernetes Secret; `undefined` where there is none */
export function whyStale(
	lacking: Expected & { readonly providerClass: string },
	namespace: string,
	secret: V1Secret | undefined,
	statuses: readonly PodStatus[],
): string {
	const has = whatItLacks(lacking, namespace, secret);
	const { providerClass, object } = lacking;
	const ofClass = statuses.filter(({ status }) => status.secretProviderClassName === providerClass);
	const from = `SecretProviderClass ${namespace}/${providerClass}`;
	if (ofClass.length === 0) return `${has}; the driver has mounted ${from} in no pod`;
	const counts = new Map<string, number>();
	for (const one of ofClass) {
		const seen = mountedAs(one, object);
		counts.set(seen, (counts.get(seen) ?? 0) + 1);
	}
	const told = [...counts].map(([seen, count]) => `${seen} in ${count} ${count === 1 ? "pod" : "pods"}`);
	return `${has}; of ${from} the driver has mounted ${told.slice(0, most).join(", ")}`;
}

/** How many different states of pods are listed. */
const most = 4;

function mountedAs(one: PodStatus, object: string): string {
	const version = one.status.mounted ? versionIn(one, object) : undefined;
	return version === undefined ? `nothing of ${object}` : `version ${version}`;
}
