// Pods that read Key Vault themselves, at one consumer: the vault is the copy.
// WI1. The copy is new while what is read without a version is the published one. Otherwise: somebody publishes another value by
//      hand, new pods have that, and all of them are proved.
// WI2. A start says what a pod can have read, and no more: the proof is told as that. Where the configuration says how to tell
//      the pods' sessions, a pod is proved by one that the published password has let in since its containers started.
//      Otherwise: a pod that asks for a pinned version is proved by being young.
// WI3. When a session began is not known where the server does not tell, and such a one proves nothing.
// All kept by: workload-identity.test.ts.

import type { ClusterClient } from "../../adapters/kubernetes/client.ts";
import { Fault } from "../../domain/fault.ts";
import { type PodFact, type PodProof, type WorkloadRef, workloadText } from "../../domain/workload.ts";
import type { CopyState, CopyWindow, DeliveryPath, Published, SeenSession } from "../../ports/delivery-path.ts";
import { findConsumer } from "../consumer.ts";
import { secretFinder, startedWithin, toldWindows } from "../copies.ts";
import { elsewhere } from "../elsewhere.ts";
import type { Outside } from "../path.ts";
import type { WorkloadIdentity } from "./schema.ts";
import { clientIdAnnotation, isToldItsName, lacksIdentity, pinnedIn, serviceAccountOf } from "./template.ts";

export function workloadIdentityDelivery(client: ClusterClient, outside: Outside): DeliveryPath<WorkloadIdentity> {
	const findServiceAccount = (namespace: string, name: string) =>
		client.find({ verb: "get", resource: "serviceaccounts", namespace, name }, ({ core }) =>
			core.readNamespacedServiceAccount({ namespace, name }),
		);

	async function lacksServiceAccount(ref: WorkloadRef, name: string): Promise<Fault | undefined> {
		const workload = workloadText(ref);
		const serviceAccount = `${ref.namespace}/${name}`;
		const found = await findServiceAccount(ref.namespace, name);
		if (!found) return new Fault("service-account-missing", { serviceAccount, workload });
		if (found.metadata?.annotations?.[clientIdAnnotation]) return undefined;
		const detail = `ServiceAccount ${serviceAccount} does not have the annotation ${clientIdAnnotation}`;
		return new Fault("identity-unset", { workload, detail });
	}

	/** What a container reads that asks for no version. */
	async function inVault(published: readonly Published[]): Promise<CopyState> {
		let newest = 0;
		for (const { vault, secret, version } of published) {
			const called = `secret ${secret} of vault ${vault}`;
			const latest = await (await outside.store(vault)).latest(secret);
			if (latest.state !== "present")
				return { state: "stale", waitingFor: `${called}, whose newest version is ${latest.state}` };
			if (latest.secret.version !== version)
				return {
					state: "stale",
					waitingFor: `${called}, whose newest version is ${latest.secret.version}, not ${version}`,
				};
			newest = Math.max(newest, latest.secret.created.getTime());
		}
		return { state: "current", unchangedSince: new Date(newest + clocksMs).toISOString() };
	}

	return {
		async refusal(consumer, wanted) {
			const workload = workloadText(consumer);
			const found = await findConsumer(client, consumer);
			if (!found) return new Fault("workload-missing", { workload });
			const { template, sources } = found;
			const detail = lacksIdentity(template);
			if (detail !== undefined) return new Fault("identity-unset", { workload, detail });
			const lacking = await lacksServiceAccount(consumer, serviceAccountOf(template));
			if (lacking) return lacking;
			const secrets = wanted.map(({ secret }) => secret);
			const pinned = pinnedIn(template, secrets);
			if (pinned) return new Fault("version-pinned", { workload, ...pinned });
			if (consumer.delivery.applicationName === "pod" && !isToldItsName(template))
				return new Fault("session-unnamed", { workload });
			return elsewhere(consumer, sources, [], wanted, secretFinder(client));
		},

		needs: async () => [],

		// An application that reads the vault again has it at once.
		lag: async () => ({ fileSeconds: 0 }),

		copy: (_, published) => inVault(published),

		async prove({ delivery }, pods, published, windows, sessions) {
			const copy = await inVault(published);
			const seen = delivery.applicationName === "pod" ? await sessions?.() : undefined;
			return pods.map((pod): PodProof => {
				const detail =
					(copy.state === "stale" ? copy.waitingFor : undefined) ??
					(startedWithin(pod, windows)
						? undefined
						: `a container started at ${pod.startedAt}; the vault is known to have the new version ${toldWindows(windows)}`) ??
					(seen && lacksSession(pod, seen, windows));
				const proof = { pod: pod.name, ready: pod.ready };
				if (detail !== undefined) return { ...proof, proved: false, detail };
				const version = published[0]?.version;
				return {
					...proof,
					proved: true,
					...(version !== undefined && { version }),
					provedBy: seen ? "session" : "start",
				};
			});
		},
	};
}

/** By how much the clocks of the vault and of the nodes may differ from the app's. */
const clocksMs = 5_000;

/** A pod before this one may have had its name, and sessions. */
function lacksSession(
	{ name, startedAt }: PodFact,
	seen: readonly SeenSession[],
	windows: readonly CopyWindow[],
): string | undefined {
	const own = seen.filter(({ application }) => application === name);
	const published = Math.min(...windows.map(({ since }) => Date.parse(since)));
	const from = Math.max(published, Date.parse(startedAt) - clocksMs);
	if (own.some(({ since }) => since !== undefined && Date.parse(since) >= from)) return undefined;
	if (own.length === 0) return "the server has no session with this pod's name as its application_name";
	return own.some(({ since }) => since === undefined)
		? "the server does not tell when this pod's sessions began"
		: `the sessions with this pod's name began before its container did, at ${startedAt}`;
}
