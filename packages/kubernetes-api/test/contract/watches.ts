import { expect, test } from "@jest/globals";
import { Watch } from "@kubernetes/client-node";
import { raw, type Subject } from "./subject.ts";

interface Seen {
	type: string;
	name: string;
	value?: string;
}

/** A watch whose events can be awaited; it ends with the test. */
const watching = async ({ admin }: Subject, path: string, query: Record<string, string | boolean>) => {
	const seen: Seen[] = [];
	const waiting = new Set<() => void>();
	type Shown = { metadata: { name: string; annotations?: object }; data?: { v: string }; code?: number };
	const controller = await new Watch(admin).watch(
		path,
		query,
		(type: string, { metadata, data, code }: Shown) => {
			seen.push({ type, name: metadata?.name ?? `${code}`, value: data?.v });
			for (const wake of waiting) wake();
		},
		() => {},
	);
	return {
		seen,
		async until(count: number): Promise<Seen[]> {
			const late = AbortSignal.timeout(10_000);
			while (seen.length < count)
				await new Promise<void>((resolve, reject) => {
					waiting.add(resolve);
					late.onabort = () => reject(new Error(`only ${JSON.stringify(seen)} was seen`));
				});
			return seen;
		},
		[Symbol.dispose]: () => controller.abort(),
	};
};

export const watches = (subject: () => Subject) => {
	const started = async () => {
		const { core, namespace: create } = subject();
		const namespace = await create();
		const write = (name: string, v: string, labels = {}) =>
			core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels }, data: { v } } });
		const rewrite = (name: string, v: string, labels = {}) =>
			core.replaceNamespacedConfigMap({ namespace, name, body: { metadata: { name, labels }, data: { v } } });
		const path = `/api/v1/namespaces/${namespace}/configmaps`;
		return { core, namespace, write, rewrite, path };
	};

	test("a watch from a list's version replays what happened since, then goes on", async () => {
		const { core, namespace, write, rewrite, path } = await started();
		await write("before", "0");
		const { metadata } = await core.listNamespacedConfigMap({ namespace });
		await write("a", "1");
		await rewrite("a", "2");
		using watch = await watching(subject(), path, { resourceVersion: metadata!.resourceVersion! });
		await watch.until(2);
		await core.deleteNamespacedConfigMap({ namespace, name: "a" });
		expect(await watch.until(3)).toEqual([
			{ type: "ADDED", name: "a", value: "1" },
			{ type: "MODIFIED", name: "a", value: "2" },
			{ type: "DELETED", name: "a", value: "2" },
		]);
	});

	test("a watch without a version begins with what is there", async () => {
		const { write, path } = await started();
		await write("a", "1");
		using watch = await watching(subject(), path, {});
		expect(await watch.until(1)).toEqual([{ type: "ADDED", name: "a", value: "1" }]);
		await write("b", "1");
		expect((await watch.until(2))[1]).toEqual({ type: "ADDED", name: "b", value: "1" });
	});

	test("an object that leaves the selector is deleted for this watcher, one that enters it is added", async () => {
		const { core, namespace, write, rewrite, path } = await started();
		await write("a", "1", { on: "yes" });
		await write("b", "1");
		const { metadata } = await core.listNamespacedConfigMap({ namespace });
		const query = { resourceVersion: metadata!.resourceVersion!, labelSelector: "on=yes" };
		using watch = await watching(subject(), path, query);
		await rewrite("a", "2");
		await rewrite("b", "2", { on: "yes" });
		await rewrite("b", "3", { on: "yes" });
		expect(await watch.until(3)).toEqual([
			{ type: "DELETED", name: "a", value: "1" },
			{ type: "ADDED", name: "b", value: "2" },
			{ type: "MODIFIED", name: "b", value: "3" },
		]);
	});

	test("a watch of one name sees only that object", async () => {
		const { write, path } = await started();
		await write("other", "1");
		await write("mine", "1");
		using watch = await watching(subject(), path, { fieldSelector: "metadata.name=mine" });
		expect(await watch.until(1)).toEqual([{ type: "ADDED", name: "mine", value: "1" }]);
	});

	test("a watch ends after its time-out, one JSON object a line", async () => {
		const { write, path } = await started();
		await write("a", "1");
		const { code, type, body } = await raw(subject().cluster, `${path}?watch=true&timeoutSeconds=1`);
		expect({ code, type }).toEqual({ code: 200, type: "application/json" });
		const lines = body.trim().split("\n");
		expect(lines.map((line) => JSON.parse(line).object.metadata.name)).toEqual(["a"]);
	});
};
