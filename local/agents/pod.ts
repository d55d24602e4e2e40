// One pod on the node agent's node: its folder, its volumes, its containers, its status.
//
// P1. The API hears that a pod is gone only after its last process is. Otherwise: "no old pod is left" is a lie, and
//     an old credential is revoked under a process that uses it.

import { cp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import type { V1Volume } from "@kubernetes/client-node";
import { type Api, at, isConflict, isMissing, type Wire } from "../../packages/kubernetes-api/index.ts";
import { type ContainerStatus, fresh, keepRunning, now, sleep, Waiting } from "./container.ts";
import { type Container, CreateContainerConfigError, environment, type Pod } from "./environment.ts";
import { warn } from "./event.ts";
import { publisher, type Since, statusOf } from "./pod-status.ts";
import { type ContainerProcess, startProcess } from "./process.ts";
import { keepSecretVolume } from "./secret-volume.ts";
import type { WorkloadIdentity } from "./workload-identity.ts";

/** What kubelet asks of a CSI driver on its node. */
export interface CsiDriver {
	/** @throws Error whose message is shown in the pod's events; the mount is tried again */
	mount(volume: { pod: Pod; attributes: Record<string, string>; targetPath: string }): Promise<void>;
	unmount(targetPath: string): Promise<void>;
}

export interface PodHost {
	api: Api;
	nodeName: string;
	/** By name; one without a tag stands for all tags. e.g. `{ "titanic-api": { command: ["node", "/app/main.ts"] } }` */
	images: Record<string, { command: string[]; env?: Record<string, string> }>;
	/** by driver name, e.g. `secrets-store.csi.k8s.io` */
	mounts: Record<string, CsiDriver>;
	/** Where pods take an identity. */
	identities?: WorkloadIdentity;
	/** How often the files of a Secret's volume are looked at. */
	secretSyncMs: number;
	/** Of all pods; one folder a pod, named after its uid. */
	folder: string;
	logFile(pod: Pod, container: string): string;
}

export interface RunningPod {
	/** The pod as the API has it now; one with a deletionTimestamp is ended. */
	update(pod: Pod): void;
	/** Ends it without a word to the API: the object is gone already, or the node goes. */
	end(): void;
	/** No process and no folder is left; rejects when the API could not be informed. */
	readonly ended: Promise<void>;
}

/** The annotation that says on which port of 127.0.0.1 the pod listens. */
export const portAnnotation = "local/port";

type Volume = Wire<V1Volume>;

export function runPod(host: PodHost, first: Pod): RunningPod {
	const { api } = host;
	const { name, namespace = "default", uid } = first.metadata;
	const folder = join(host.folder, uid);
	const path = at("v1", "pods", namespace, name);
	/** As a webhook has made it, once it is admitted. */
	let made = first;
	const views = (first.spec?.containers ?? []).map((container) => fresh(container, "ContainerCreating"));
	const mounted: { driver?: CsiDriver; targetPath: string }[] = [];
	const over = new AbortController();
	const startTime = now();
	const since: Since = new Map();
	const processes = new Map<string, ContainerProcess>();
	let pod = first;
	let graceMs = 0;

	const publish = publisher(async () => {
		try {
			await api.merge(`${path}/status`, { metadata: { uid }, status: statusOf(pod, views, startTime, since) });
		} catch (error) {
			// 409 is the uid: another pod has the name now
			if (isMissing(error) || isConflict(error)) return;
			await sleep(300, over.signal);
			if (!over.signal.aborted) publish();
		}
	});

	async function mountAll(): Promise<void> {
		for (const volume of made.spec?.volumes ?? []) {
			const targetPath = await mount(volume);
			for (const container of made.spec?.containers ?? [])
				for (const { mountPath, subPath } of (container.volumeMounts ?? []).filter((one) => one.name === volume.name)) {
					const link = join(rootOf(container), mountPath);
					await mkdir(dirname(link), { recursive: true });
					await rm(link, { recursive: true, force: true });
					// Kubelet binds the file that is there now: one that takes its place later is not seen.
					if (subPath) await cp(join(targetPath, subPath), link, { recursive: true });
					// The one kind of link that needs no right on Windows.
					else await symlink(targetPath, link, "junction");
				}
		}
	}

	async function mount({ name: volume, csi, secret, emptyDir, projected }: Volume): Promise<string> {
		const kind = csi
			? "kubernetes.io~csi"
			: secret
				? "kubernetes.io~secret"
				: projected
					? "kubernetes.io~projected"
					: "kubernetes.io~empty-dir";
		// A folder of its own below, where files can be made ready.
		const targetPath = join(folder, "volumes", kind, volume, csi || secret ? "mount" : "");
		if (!csi && !secret && !emptyDir && !projected)
			throw new Error(`The node agent does not know the kind of volume "${volume}".`);
		await mkdir(targetPath, { recursive: true });
		if (mounted.some((one) => one.targetPath === targetPath)) return targetPath;
		if (secret) {
			const { signal } = over;
			await keepSecretVolume(api, namespace, secret, targetPath, { syncMs: host.secretSyncMs, signal });
			mounted.push({ targetPath });
		}
		for (const { serviceAccountToken: token } of projected?.sources ?? []) {
			if (!token || !host.identities) throw new Error(`The node agent gives no such source of volume "${volume}".`);
			const { audience = "", expirationSeconds = 3600, path: file } = token;
			await writeFile(join(targetPath, file), await host.identities.token(made, audience, expirationSeconds));
			mounted.push({ targetPath });
		}
		if (!csi) return targetPath;
		const driver = host.mounts[csi.driver];
		if (!driver) throw new Error(`driver name ${csi.driver} not found in the list of registered CSI drivers`);
		await driver.mount({ pod, attributes: csi.volumeAttributes ?? {}, targetPath });
		mounted.push({ driver, targetPath });
		return targetPath;
	}

	const rootOf = ({ name: container }: Container) => join(folder, "containers", container, "root");

	async function create(container: Container) {
		const named = container.image ?? "";
		const image = host.images[named] ?? host.images[named.replace(/:[^:/]*$/, "")];
		if (!image) throw new Waiting("ErrImagePull", `There is no image ${container.image} on this node.`);
		const resolved = await environment(api, pod, container).catch((error) => {
			if (error instanceof CreateContainerConfigError) throw new Waiting("CreateContainerConfigError", error.message);
			throw error;
		});
		const port = await freePort();
		await api.merge(path, { metadata: { uid, annotations: { [portAnnotation]: String(port) } } });
		const root = rootOf(container);
		await mkdir(root, { recursive: true });
		const own = { PORT: String(port), HOST: "127.0.0.1", HOSTNAME: name, CONTAINER_ROOT: root };
		const env = { ...image.env, ...resolved, ...own };
		const at = { folder: root, logFile: host.logFile(pod, container.name) };
		if (over.signal.aborted) throw new Waiting("ContainerCreating", "The pod is being deleted.");
		const process = startProcess(image.command, env, at);
		processes.set(container.name, process);
		return { process, port };
	}

	async function live(): Promise<void> {
		await publish();
		if (host.identities) made = await host.identities.admit(api, first);
		for (let backOffMs = 500; !over.signal.aborted; backOffMs = Math.min(backOffMs * 2, 5_000)) {
			try {
				await mountAll();
				break;
			} catch (error) {
				await warn(api, "kubelet", pod, "FailedMount", (error as Error).message);
				await sleep(backOffMs, over.signal);
			}
		}
		const policy = made.spec?.restartPolicy;
		await Promise.all(
			(made.spec?.containers ?? []).map((container, index) =>
				keepRunning(
					container,
					views[index] as ContainerStatus,
					() => create(container),
					publish,
					over.signal,
					() => graceMs,
					(exitCode) => policy === "Never" || (policy === "OnFailure" && exitCode === 0),
				),
			),
		);
	}

	async function leave(): Promise<void> {
		for (const { driver, targetPath } of mounted) await driver?.unmount(targetPath);
		await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
	}

	const ended = (async () => {
		await live();
		await leave();
		await publish();
		if (!pod.metadata.deletionTimestamp) return;
		await api.remove(path, { gracePeriodSeconds: 0, preconditions: { uid } }).catch((error) => {
			if (!isMissing(error) && !isConflict(error)) throw error;
		});
	})();

	return {
		ended,
		update(next) {
			pod = next;
			if (!pod.metadata.deletionTimestamp || over.signal.aborted) return;
			graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
			over.abort();
		},
		end() {
			graceMs = 0;
			over.abort();
			// also those that were asked to end before, and take their time
			for (const process of processes.values()) process.kill();
		},
	};
}

function freePort(): Promise<number> {
	const { promise, resolve, reject } = Promise.withResolvers<number>();
	const probe = createServer().once("error", reject);
	probe.listen(0, "127.0.0.1", () => {
		const { port } = probe.address() as { port: number };
		probe.close(() => resolve(port));
	});
	return promise;
}
