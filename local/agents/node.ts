// The node agent: scheduler and kubelet of a node whose pods are processes of this machine.
//
// N1. Disposal leaves no process and no folder, whatever state the pods are in. Otherwise: an interrupted demo goes on
//     calling a database that is gone.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { apiOf, at, isConflict, isMissing } from "../../packages/kubernetes-api/index.ts";
import { now } from "./container.ts";
import { nodeOf } from "./daemon-sets.ts";
import type { Pod } from "./environment.ts";
import { informer, keyOf, queue } from "./informer.ts";
import { type PodHost, type RunningPod, runPod } from "./pod.ts";

export interface NodeAgent extends AsyncDisposable {
	/** What the pods have written so far, also those that are gone. @param pod its name; without one, all of them */
	logs(pod?: string): Promise<string>;
}

/** Several nodes behind the interface of one. */
export async function nodeAgents(count: number, options: Parameters<typeof nodeAgent>[0]): Promise<NodeAgent> {
	await using started = new AsyncDisposableStack();
	const nodes: NodeAgent[] = [];
	for (let at = 1; at <= count; at++) {
		const { name = "local" } = options;
		nodes.push(started.use(await nodeAgent({ ...options, name: at === 1 ? name : `${name}-${at}` })));
	}
	const all = started.move();
	return {
		async logs(pod) {
			return (await Promise.all(nodes.map((node) => node.logs(pod)))).join("");
		},
		[Symbol.asyncDispose]: () => all.disposeAsync(),
	};
}

/**
 * Registers a node, binds every pod that has none and may run on it, and runs the containers of the images it is given.
 * A pod listens on the port of 127.0.0.1 that its annotation `local/port` names, its container gets it as PORT.
 */
export async function nodeAgent(options: {
	kubeConfig: KubeConfig;
	images: PodHost["images"];
	mounts?: PodHost["mounts"];
	identities?: PodHost["identities"];
	/** Default: kubelet's, a minute. */
	secretSyncMs?: number;
	name?: string;
}): Promise<NodeAgent> {
	const { kubeConfig, images, mounts = {}, identities, secretSyncMs = 60_000, name = "local" } = options;
	const api = apiOf(kubeConfig, "kubelet");
	const home = await mkdtemp(join(tmpdir(), "titanic-node-"));
	const folder = join(home, "pods");
	const logFile: PodHost["logFile"] = ({ metadata }, container) =>
		join(home, `${metadata.namespace}_${metadata.name}_${container}.log`);
	const host: PodHost = {
		...{ api, nodeName: name, images, mounts, secretSyncMs, folder, logFile },
		...(identities && { identities }),
	};
	const running = new Map<string, RunningPod>();
	const ended = new Set<string>();

	await register();
	const pods = informer<Pod>(api, at("v1", "pods"), (pod, gone) => {
		if (gone) running.get(pod.metadata.uid)?.end();
		else work.add(keyOf(pod));
	});
	const work = queue(`node agent ${name}`, async (key) => {
		const pod = pods.get(key);
		if (!pod) return undefined;
		if (!pod.spec?.nodeName) await bind(pod);
		else if (pod.spec.nodeName === name) run(pod);
		return undefined;
	});
	await pods.synced;

	async function register(): Promise<void> {
		const capacity = { cpu: "4", memory: "8Gi", pods: "110" };
		const labels = { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" };
		const ready = {
			type: "Ready",
			status: "True",
			reason: "KubeletReady",
			lastHeartbeatTime: now(),
			lastTransitionTime: now(),
		};
		const addresses = [{ type: "InternalIP", address: "127.0.0.1" }];
		await api
			.create(at("v1", "nodes"), { apiVersion: "v1", kind: "Node", metadata: { name, labels } })
			.catch((error) => {
				if (!isConflict(error)) throw error;
			});
		// A new one is not ready, and so is given a taint that only the cloud's controllers take away.
		await api.merge(at("v1", "nodes", undefined, name), { spec: { taints: null } });
		await api.merge(at("v1", "nodes", undefined, name, "status"), {
			status: { conditions: [ready], addresses, capacity, allocatable: capacity },
		});
	}

	async function bind(pod: Pod): Promise<void> {
		const { metadata } = pod;
		if (metadata.deletionTimestamp || (nodeOf(pod) ?? name) !== name) return;
		const target = { apiVersion: "v1", kind: "Node", name };
		const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: metadata.name }, target };
		await api.create(at("v1", "pods", metadata.namespace, metadata.name, "binding"), binding).catch((error) => {
			// gone, or bound by another scheduler
			if (!isMissing(error) && !isConflict(error)) throw error;
		});
	}

	function run(pod: Pod): void {
		const { uid } = pod.metadata;
		// One of a Job: it stays in the API as it ended.
		if (ended.has(uid) && !pod.metadata.deletionTimestamp) return;
		const known = running.get(uid);
		if (known) {
			known.update(pod);
			return;
		}
		const started = runPod(host, pod);
		running.set(uid, started);
		started.update(pod);
		void started.ended
			.then(() => void ended.add(uid))
			.catch((error: Error) => {
				console.error(`node agent ${name}: pod ${pod.metadata.name}: ${error.message}`);
				// The API has not heard of its end: say it again.
				work.add(keyOf(pod), 1_000);
			})
			.then(() => running.delete(uid));
	}

	return {
		async logs(pod) {
			const files = (await readdir(home)).filter(
				(file) => file.endsWith(".log") && (!pod || file.split("_")[1] === pod),
			);
			return (await Promise.all(files.map((file) => readFile(join(home, file), "utf8")))).join("");
		},
		async [Symbol.asyncDispose]() {
			await pods[Symbol.asyncDispose]();
			await work[Symbol.asyncDispose]();
			for (const pod of running.values()) pod.end();
			await Promise.allSettled([...running.values()].map(({ ended }) => ended));
			api[Symbol.dispose]();
			await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
		},
	};
}
