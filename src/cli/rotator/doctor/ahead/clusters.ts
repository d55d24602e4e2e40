// What the clusters of a configuration have of what it names, as this person's kubeconfig shows it.

import type { ClusterClient } from "../../../../lib/adapters/kubernetes/client.ts";
import type { Configuration, ConsumerConfig } from "../../../../lib/config/configuration.ts";
import { ofFault, ok, silent, unknown } from "../../../../lib/doctor/found.ts";
import type { FoundRight, FoundSystem } from "../../../../lib/domain/diagnosis.ts";
import { Fault } from "../../../../lib/domain/fault.ts";
import { workloadText } from "../../../../lib/domain/workload.ts";
import { workloads } from "../../../../lib/kinds/workloads.ts";
import { deliveryPath } from "../../../../lib/paths/index.ts";
import { asFault } from "../../../../lib/steps/boundary.ts";
import type { Managed } from "../../../../lib/steps/managed.ts";
import { unseen } from "./own.ts";
import { readingOnly } from "./reading-only.ts";

/** @returns what was found for each entry, by its id */
export async function askClusters(
	config: Configuration,
	targets: readonly Managed[],
): Promise<ReadonlyMap<string, readonly FoundSystem[]>> {
	const { clusterAt } = await import("../../../../lib/adapters/kubernetes/kubeconfig.ts");
	const clients = new Map(
		Object.entries(config.clusters).map(([name, { server }]) => [name, clusterAt(server)?.client]),
	);
	try {
		return await askEach(config, targets, clients);
	} finally {
		await Promise.all([...clients.values()].map((client) => client?.[Symbol.asyncDispose]()));
	}
}

async function askEach(
	config: Configuration,
	targets: readonly Managed[],
	clients: ReadonlyMap<string, ClusterClient | undefined>,
): Promise<ReadonlyMap<string, readonly FoundSystem[]>> {
	const found = new Map<string, readonly FoundSystem[]>();
	for (const target of targets) {
		const { consumers } = target.secret;
		const names = [...new Set(consumers.map(({ cluster }) => cluster))];
		const systems = names.map(async (name): Promise<FoundSystem> => {
			const system = `Kubernetes ${name}`;
			const client = clients.get(name);
			if (!client) return { system, rights: [noContext(name, config)] };
			const here = consumers.filter(({ cluster }) => cluster === name);
			const rights = await Promise.all(here.map((consumer) => ofConsumer(client, target, consumer)));
			const dead = rights.find((one) => one instanceof Fault);
			return dead ? silent(system, dead) : { system, rights: (rights as FoundRight[][]).flat() };
		});
		found.set(target.id, await Promise.all(systems));
	}
	return found;
}

function noContext(name: string, { clusters }: Configuration): FoundRight {
	return {
		right: "A context of your kubeconfig is for it.",
		result: "missing",
		says: `None has the server ${clusters[name]!.server}.`,
		next: "az aks get-credentials --resource-group '<group>' --name '<cluster>' && kubelogin convert-kubeconfig --login azurecli",
	};
}

/** @returns a fault where the cluster does not answer */
async function ofConsumer(
	client: ClusterClient,
	target: Managed,
	consumer: ConsumerConfig,
): Promise<FoundRight[] | Fault> {
	const workload = workloadText(consumer);
	const there = `${workload} is there, and is to have pods.`;
	const fault = await workloads(readingOnly(client).client)
		.refusal(consumer, false)
		.catch((error) => asFault(error, "doctor"));
	if (fault?.transient) return fault;
	const first = fault ? asOwn(there, fault) : ok(there);
	const brought = `What ${consumer.delivery.path} needs to bring a new version to ${workload} is there.`;
	if (fault) return [first, unknown(brought, `It is not looked at without ${workload}.`)];
	return [first, await ofDelivery(client, target, consumer, brought)];
}

const asOwn = (right: string, fault: Fault): FoundRight =>
	fault.code === "cluster-forbidden" ? unseen(right, fault) : ofFault(right, fault);

const afterwards = "rotator doctor asks the app that, once it is deployed.";

async function ofDelivery(
	client: ClusterClient,
	target: Managed,
	consumer: ConsumerConfig,
	right: string,
): Promise<FoundRight> {
	const { delivery } = consumer;
	if ("repository" in delivery)
		return unknown(right, `The repository is asked with the app's own login only. ${afterwards}`);
	const { client: reading, withheld } = readingOnly(client);
	const path = await deliveryPath(delivery.path, reading, outside);
	const secrets = [target.name, ...target.secret.derived.map(({ secret }) => secret)];
	const wanted = secrets.map((secret) => ({ vaultName: target.vaultName, secret }));
	const fault = await path.refusal(consumer, wanted).catch((error) => asFault(error, "doctor"));
	if (!fault) return ok(right);
	// Of what was not asked it may be said that it is not there.
	const [first] = withheld;
	if (first !== undefined && fault.code !== "cluster-forbidden")
		return unknown(right, `${first} is not asked for. ${afterwards}`);
	return asOwn(right, fault);
}

/** A delivery that may be looked at from here asks nothing else. */
const outside: Parameters<typeof deliveryPath>[2] = {
	clock: { now: () => new Date() },
	repository: () => notFromHere("repository"),
	encryptionKeys: () => notFromHere("encryption key"),
	store: () => notFromHere("vault"),
};

async function notFromHere(what: string): Promise<never> {
	throw new Error(`A delivery path asks for a ${what} in its refusal.`);
}
