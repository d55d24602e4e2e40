// What an agent knows of the cluster, kept by list and watch, and the queue of what it has to look at again.
//
// I1. A lost watch loses nothing: it goes on from the last version, and a list shows what went missing meanwhile.
//     Otherwise: an agent that was cut off for a second never hears of a pod that was deleted in it.
// I2. One key is worked on by one task at a time, and a failed one is tried again. Otherwise: two reconciles of one
//     object write over each other, or the last event is lost with an error.

import { setTimeout as delay } from "node:timers/promises";
import { type Api, ApiError, isConflict, isMissing, type KubeObject } from "../../packages/kubernetes-api/index.ts";

export const keyOf = ({ metadata }: KubeObject): string =>
	metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;

export interface Informer<T> extends AsyncDisposable {
	/** Resolves after the first list. */
	readonly synced: Promise<void>;
	items(): T[];
	/** @param key namespace/name */
	get(key: string): T | undefined;
}

/**
 * @param path of the collection
 * @param changed gets each object that is new, changed or (then with `gone`) no longer there
 */
export function informer<T extends KubeObject>(
	api: Api,
	path: string,
	changed: (object: T, gone: boolean) => void = () => {},
): Informer<T> {
	const known = new Map<string, T>();
	const end = new AbortController();
	const synced = Promise.withResolvers<void>();
	let version = "";

	function keep(object: T): void {
		const key = keyOf(object);
		const same = known.get(key)?.metadata.resourceVersion === object.metadata.resourceVersion;
		known.set(key, object);
		if (!same) changed(object, false);
	}
	function drop(object: T): void {
		if (known.delete(keyOf(object))) changed(object, true);
	}

	async function list(): Promise<void> {
		const answer = await api.get<{ metadata: { resourceVersion: string }; items: T[] }>(path);
		const there = new Map(answer.items.map((object) => [keyOf(object), object]));
		for (const [key, object] of known) if (there.get(key)?.metadata.uid !== object.metadata.uid) drop(object);
		for (const object of there.values()) keep(object);
		version = answer.metadata.resourceVersion;
		synced.resolve();
	}

	async function follow(): Promise<void> {
		const query = { resourceVersion: version, allowWatchBookmarks: "true", timeoutSeconds: "240" };
		for await (const { type, object } of api.watch<T>(path, query, end.signal)) {
			if (type === "ERROR") throw new ApiError(410, "Expired", "The watch is too old.");
			version = object.metadata.resourceVersion;
			if (type === "DELETED") drop(object);
			else if (type !== "BOOKMARK") keep(object);
		}
	}

	const running = (async () => {
		while (!end.signal.aborted) {
			try {
				if (!version) await list();
				await follow();
			} catch (error) {
				if (error instanceof ApiError) version = "";
				await delay(200, undefined, { signal: end.signal }).catch(() => {});
			}
		}
	})();

	return {
		synced: synced.promise,
		items: () => [...known.values()],
		get: (key) => known.get(key),
		async [Symbol.asyncDispose]() {
			end.abort();
			synced.resolve();
			await running;
		},
	};
}

export interface Queue extends AsyncDisposable {
	add(key: string, afterMs?: number): void;
}

/**
 * @param name of the agent, for its messages
 * @param reconcile makes the world as it should be for one key; answers when to look again, in ms, if it must
 */
export function queue(name: string, reconcile: (key: string) => Promise<number | undefined>): Queue {
	const waiting = new Map<string, NodeJS.Timeout>();
	const active = new Map<string, Promise<void>>();
	const again = new Set<string>();
	const failures = new Map<string, number>();
	let ended = false;

	function add(key: string, afterMs = 0): void {
		if (ended) return;
		if (afterMs > 0) {
			clearTimeout(waiting.get(key));
			waiting.set(
				key,
				setTimeout(() => add(key), afterMs),
			);
			return;
		}
		if (active.has(key)) again.add(key);
		else active.set(key, work(key));
	}

	async function work(key: string): Promise<void> {
		clearTimeout(waiting.get(key));
		waiting.delete(key);
		let afterMs: number | undefined;
		try {
			afterMs = await reconcile(key);
			failures.delete(key);
		} catch (error) {
			const times = (failures.get(key) ?? 0) + 1;
			failures.set(key, times);
			afterMs = Math.min(50 * 2 ** times, 5_000);
			if (!ended && times > 1 && !isConflict(error) && !isMissing(error))
				console.error(`${name}: ${key}: ${error instanceof Error ? error.message : error}`);
		}
		active.delete(key);
		if (again.delete(key)) add(key);
		else if (afterMs !== undefined) add(key, afterMs);
	}

	return {
		add,
		async [Symbol.asyncDispose]() {
			ended = true;
			for (const timer of waiting.values()) clearTimeout(timer);
			await Promise.all(active.values());
		},
	};
}

/** A controller that stops when it is disposed of: it hears of nothing more, and then its work comes to an end. */
export const controllerOn = (
	informers: readonly AsyncDisposable[],
	works: readonly AsyncDisposable[],
	api: Disposable,
): AsyncDisposable => ({
	async [Symbol.asyncDispose]() {
		await Promise.all(informers.map((one) => one[Symbol.asyncDispose]()));
		await Promise.all(works.map((one) => one[Symbol.asyncDispose]()));
		api[Symbol.dispose]();
	},
});
