// The life of one container of a pod: created, probed, started again when it ends, terminated with the pod.

import { setTimeout as delay } from "node:timers/promises";
import type { V1ContainerStatus, V1Probe } from "@kubernetes/client-node";
import type { Wire } from "../../packages/kubernetes-api/index.ts";
import type { Container } from "./environment.ts";
import { type ContainerProcess, httpProbe } from "./process.ts";

export type ContainerStatus = Wire<V1ContainerStatus>;
type Probe = Wire<V1Probe>;

/** Why a container cannot be created now: the reason is what `kubectl get pods` shows. */
export class Waiting extends Error {
	readonly reason: string;
	constructor(reason: string, message: string) {
		super(message);
		this.reason = reason;
	}
}

export const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, "Z");

export const fresh = ({ name, image = "" }: Container, reason: string): ContainerStatus => ({
	name,
	image,
	imageID: "",
	ready: false,
	started: false,
	restartCount: 0,
	state: { waiting: { reason } },
});

/**
 * Keeps one container running until the signal, then terminates it.
 * @param create makes the process, or throws `Waiting`: then it is asked again a little later
 * @param changed gets each change of the status
 * @param graceMs how long the process may take to end after the signal
 * @param isEnd whether it stays as it is after having ended so: a Job's does
 */
export async function keepRunning(
	container: Container,
	status: ContainerStatus,
	create: () => Promise<{ process: ContainerProcess; port: number }>,
	changed: () => void,
	signal: AbortSignal,
	graceMs: () => number,
	isEnd: (exitCode: number) => boolean = () => false,
): Promise<void> {
	const show = (changes: Partial<ContainerStatus>) => {
		Object.assign(status, changes);
		changed();
	};
	for (let backOffMs = 0; !signal.aborted; ) {
		const created = await create().catch((error) => {
			const reason = error instanceof Waiting ? error.reason : "CreateContainerError";
			show({ state: { waiting: { reason, message: error.message } } });
			return undefined;
		});
		if (!created) {
			await sleep(500, signal);
			continue;
		}
		const { process, port } = created;
		const startedAt = now();
		show({ state: { running: { startedAt } }, started: !container.startupProbe });
		const probes = new AbortController();
		const probing = watchOver(container, port, AbortSignal.any([signal, probes.signal]), {
			ready: (ready) => status.ready !== ready && show({ ready }),
			started: () => show({ started: true }),
			failed: () => end(process, (container.livenessProbe?.terminationGracePeriodSeconds ?? 5) * 1000),
		});
		const stopped = onceAborted(signal);
		await Promise.race([process.exited, stopped.promise]);
		stopped.forget();
		if (signal.aborted) {
			show({ ready: false });
			await end(process, graceMs());
		}
		const exit = await process.exited;
		probes.abort();
		await probing;
		const reason = exit.exitCode === 0 ? "Completed" : "Error";
		const terminated = { ...exit, reason, startedAt, finishedAt: now() };
		if (signal.aborted || isEnd(exit.exitCode)) return show({ ready: false, state: { terminated } });
		const waiting = {
			reason: "CrashLoopBackOff",
			message: `back-off ${backOffMs / 1000}s restarting failed container`,
		};
		show({ ready: false, started: false, lastState: { terminated }, state: backOffMs ? { waiting } : { terminated } });
		await sleep(backOffMs, signal);
		status.restartCount++;
		// Kubelet begins with 10 s and ends with 5 min; a test has not that long.
		backOffMs = Math.min(Math.max(backOffMs * 2, 500), 10_000);
	}
}

async function end(process: ContainerProcess, graceMs: number): Promise<void> {
	if (graceMs > 0) process.terminate();
	const timer = setTimeout(() => process.kill(), graceMs);
	await process.exited;
	clearTimeout(timer);
	// what it may have left of its group
	process.kill();
}

interface Findings {
	ready(ready: boolean): void;
	started(): void;
	failed(): Promise<void>;
}

async function watchOver(container: Container, port: number, signal: AbortSignal, found: Findings): Promise<void> {
	const { startupProbe, readinessProbe, livenessProbe } = container;
	if (startupProbe) {
		const started = Promise.withResolvers<boolean>();
		const round = new AbortController();
		const asked = probe(startupProbe, port, AbortSignal.any([signal, round.signal]), started.resolve);
		void asked.then(() => started.resolve(false));
		const good = await started.promise;
		round.abort();
		await asked;
		if (signal.aborted) return;
		if (!good) return found.failed();
		found.started();
	}
	if (!readinessProbe) found.ready(true);
	await Promise.all([
		readinessProbe && probe(readinessProbe, port, signal, found.ready),
		livenessProbe && probe(livenessProbe, port, signal, (alive) => void (!alive && found.failed())),
	]);
}

/** Asks until the signal. `verdict` hears the first success, and each failure that reached the threshold. */
async function probe(spec: Probe, port: number, signal: AbortSignal, verdict: (good: boolean) => void): Promise<void> {
	await sleep((spec.initialDelaySeconds ?? 0) * 1000, signal);
	for (let failures = 0; !signal.aborted; await sleep((spec.periodSeconds ?? 10) * 1000, signal)) {
		const good = await httpProbe(port, spec.httpGet?.path ?? "/", (spec.timeoutSeconds ?? 1) * 1000);
		if (signal.aborted) return;
		failures = good ? 0 : failures + 1;
		if (good) verdict(true);
		else if (failures >= (spec.failureThreshold ?? 3)) verdict(false);
	}
}

export const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
	ms > 0 ? delay(ms, undefined, { signal }).catch(() => {}) : Promise.resolve();

function onceAborted(signal: AbortSignal): { promise: Promise<void>; forget(): void } {
	const { promise, resolve } = Promise.withResolvers<void>();
	const heard = () => resolve();
	signal.addEventListener("abort", heard, { once: true });
	if (signal.aborted) resolve();
	return { promise, forget: () => signal.removeEventListener("abort", heard) };
}
