// Pods that read Key Vault themselves, at one consumer: the vault is the copy.
// WI1. The copy is new while what is read without a version is the published one. Otherwise: somebody publishes another value by
//      hand, new pods have that, and all of them are proved.
// WI2. A start says what a pod can have read, and no more: the proof is reported as such. Where the configuration says how to
//      recognize the pods' sessions, a pod is proved by one that the published password has let in since its containers started.
//      Otherwise: a pod that asks for a pinned version is proved by being young. One that is not replaced is proved by such a
//      session too, else by the interval within which it reads the vault again, and that is what is reported.
// WI3. A session whose begin the server does not show proves nothing. All kept by: workload-identity.test.ts.

import type { ClusterClient } from "../../adapters/kubernetes/client.ts";
import { Fault } from "../../domain/fault.ts";
import { type PodFact, type PodProof, type WorkloadRef, workloadText } from "../../domain/workload.ts";
import type { CopyState, DeliveryPath, Published } from "../../ports/delivery-path.ts";
import { findConsumer, theConsumer } from "../consumer.ts";
import { secretFinder, startedWithin, toldWindows } from "../copies.ts";
import { elsewhere } from "../elsewhere.ts";
import type { Outside } from "../path.ts";
import { lacksSession } from "../sessions.ts";
import { byInterval, lacksInterval } from "../unrolled.ts";
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

		objects: async (consumer) => ({
			known: {},
			async read() {
				const { template } = await theConsumer(client, consumer);
				return { ServiceAccount: { names: [serviceAccountOf(template)] } };
			},
		}),

		needs: async () => [],

		// An application that reads the vault again when a login is rejected has it at once.
		lag: async ({ delivery: { reloadSeconds = 0 } }) => ({ fileSeconds: reloadSeconds }),

		copy: (_, published) => inVault(published),

		async prove({ delivery, roll }, pods, published, windows, sessions) {
			const copy = await inVault(published);
			const seen = delivery.applicationName === "pod" ? await sessions?.() : undefined;
			const { reloadSeconds = 0 } = delivery;
			/** What keeps a container from having read it that started before. */
			const unread = ({ startedAt }: PodFact): string | undefined => {
				if (roll !== "none")
					return `a container started at ${startedAt}; the vault is known to have the new version ${toldWindows(windows)}`;
				// Its session shows it, whenever it read.
				return seen ? undefined : lacksInterval(windows, reloadSeconds, outside.clock.now());
			};
			return pods.map((pod): PodProof => {
				const isNew = startedWithin(pod, windows);
				const detail =
					(copy.state === "stale" ? copy.waitingFor : undefined) ??
					(isNew ? undefined : unread(pod)) ??
					(seen && lacksSession(pod, seen, windows));
				const proof = { pod: pod.name, ready: pod.ready };
				if (detail !== undefined) return { ...proof, proved: false, detail };
				const version = published[0]?.version;
				return {
					...proof,
					proved: true,
					...(version !== undefined && { version }),
					...(seen ? { provedBy: "session" } : isNew ? { provedBy: "start" } : byInterval(reloadSeconds)),
				};
			});
		},
	};
}

/** By how much the clocks of the vault and of the nodes may differ from the app's. */
const clocksMs = 5_000;
