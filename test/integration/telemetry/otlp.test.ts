// What is sent to a collector, as a collector gets it: OTLP over HTTP, to a server of this test's.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { placeOf } from "../../../src/lib/domain/trace.ts";
import { silent, type Telemetry } from "../../../src/lib/ports/telemetry.ts";
import { telemetryOf } from "../../../src/lib/telemetry.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

interface Attribute {
	readonly key: string;
	readonly value: Readonly<Record<string, string | number | boolean>>;
}
interface SentSpan {
	readonly traceId: string;
	readonly spanId: string;
	readonly parentSpanId?: string;
	readonly name: string;
	readonly startTimeUnixNano: string;
	readonly endTimeUnixNano: string;
	readonly attributes: readonly Attribute[];
	readonly status: { readonly code?: number; readonly message?: string };
}
interface SentMetric {
	readonly name: string;
	readonly histogram?: {
		readonly dataPoints: readonly { readonly attributes: readonly Attribute[]; readonly count: number }[];
	};
	readonly sum?: {
		readonly dataPoints: readonly { readonly attributes: readonly Attribute[]; readonly asDouble: number }[];
	};
}

const attributesOf = (list: readonly Attribute[]) =>
	Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));

/** A collector. @param answer 200; "never": it takes requests and says nothing */
async function collector(answer: number | "never" = 200) {
	const bodies: { path: string; body: string; key: string | undefined }[] = [];
	const server: Server = createServer(async (request, response) => {
		const key = request.headers["x-api-key"] as string | undefined;
		bodies.push({ path: request.url ?? "", body: await text(request), key });
		if (answer !== "never") response.writeHead(answer, { "content-type": "application/json" }).end("{}");
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	const parsed = (path: string) => bodies.filter((one) => one.path === path).map(({ body }) => JSON.parse(body));
	return {
		url: `http://127.0.0.1:${port}`,
		bodies,
		spans: (): SentSpan[] =>
			parsed("/v1/traces").flatMap(({ resourceSpans }) =>
				resourceSpans.flatMap(({ scopeSpans }: { scopeSpans: { spans: SentSpan[] }[] }) =>
					scopeSpans.flatMap(({ spans }) => spans),
				),
			),
		/** As they were last told. */
		metrics: (): SentMetric[] =>
			parsed("/v1/metrics")
				.at(-1)
				.resourceMetrics.flatMap(({ scopeMetrics }: { scopeMetrics: { metrics: SentMetric[] }[] }) =>
					scopeMetrics.flatMap(({ metrics }) => metrics),
				),
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
}

const kept = { ...process.env };
beforeEach(() => {
	for (const name of Object.keys(process.env)) if (name.startsWith("OTEL_")) delete process.env[name];
});
afterEach(() => {
	process.env = { ...kept };
});

/** As the app has it where its setting says so. */
function watched(url: string, strategyOf = async () => "single-user"): Telemetry {
	process.env.OTEL_EXPORTER_OTLP_ENDPOINT = url;
	return telemetryOf(process.env, strategyOf);
}

const failing = new Fault("vault-unreachable", { vault: "main" });

describe("a rotation", () => {
	test("is one trace across its activities, under one span as long as itself", async () => {
		await using there = await collector();
		const world = rotationWorld({ telemetry: watched(there.url) });
		const request = world.request();
		const { result } = await world.run(request, "replayed");
		expect(result.outcome).toBe("completed");
		const { traceId, spanId } = placeOf(request.rotationId);
		const spans = there.spans();
		const [root, ...more] = spans.filter((span) => span.spanId === spanId);
		expect(more).toEqual([]);
		expect(root).toMatchObject({ traceId, name: "rotation rotate" });
		expect(root?.parentSpanId ?? "").toBe("");
		const tookMs = (Number(root?.endTimeUnixNano) - Number(root?.startTimeUnixNano)) / 1e6;
		expect(Math.abs(tookMs - (Date.parse(result.endedAt!) - Date.parse(result.requestedAt)))).toBeLessThan(10);
		expect(attributesOf(root!.attributes)).toMatchObject({
			"rotator.rotation_id": request.rotationId,
			"rotator.secret": "db-password",
			"rotator.outcome": "completed",
		});
		const steps = spans.filter((span) => span !== root);
		expect(new Set(steps.map((span) => span.traceId))).toEqual(new Set([traceId]));
		expect(new Set(steps.map((span) => span.parentSpanId))).toEqual(new Set([spanId]));
		expect(steps.map(({ name }) => name)).toEqual(
			expect.arrayContaining(["plan", "createSecret", "switch", "roll", "verify", "finish", "signHead"]),
		);
	});

	test("is counted by outcome, strategy, step and code, and by no secret; no value is anywhere", async () => {
		await using there = await collector();
		const world = rotationWorld({ telemetry: watched(there.url), mostAttempts: 3 });
		await world.run(world.request());
		world.vault.deny("write", "db-password");
		const { result } = await world.run(world.request({ force: true, actor: { kind: "operator", id: "me" } }));
		expect(result.outcome).toBe("compensated");
		const metrics = there.metrics();
		const points = (name: string) => {
			const { histogram, sum } = metrics.find((metric) => metric.name === name) ?? {};
			return [...(histogram?.dataPoints ?? []), ...(sum?.dataPoints ?? [])].map(({ attributes }) =>
				attributesOf(attributes),
			);
		};
		expect(points("rotator.rotation.duration")).toEqual([
			{ request: "rotate", outcome: "completed", code: "near-expiry", strategy: "single-user" },
			{ request: "rotate", outcome: "compensated", code: "vault-forbidden", strategy: "single-user" },
		]);
		expect(points("rotator.activity.duration")).toEqual(
			expect.arrayContaining([
				{ step: "plan", outcome: "done", strategy: "single-user" },
				{ step: "switch", outcome: "refused", code: "vault-forbidden", strategy: "single-user" },
			]),
		);
		expect(points("rotator.faults")).toEqual([{ step: "switch", code: "vault-forbidden", transient: false }]);
		expect(JSON.stringify(metrics)).not.toMatch(/db-password|titanic_admin|titanic-kv/);
		const all = there.bodies.map(({ body }) => body).join("\n");
		for (const value of [...world.values(), world.firstPassword]) expect(all).not.toContain(value);
	});

	test("says nothing of what others threw: a failed call has its place and no message", async () => {
		await using there = await collector();
		const telemetry = watched(there.url);
		const act = () => telemetry.perform("vault PUT db-password", () => Promise.reject(new Error("Bearer eyJhbGciOi")));
		const input = { rotationId: "db-password.a", secret: "db-password" };
		await expect(telemetry.activity({ name: "switch", input, attempt: "1" }, act)).rejects.toThrow("Bearer");
		await telemetry.activity({ name: "signHead", input, attempt: "2" }, async () => {});
		const spans = there.spans();
		const [call, step] = ["vault PUT", "switch"].map((name) => spans.find((span) => span.name === name)!);
		expect(call).toMatchObject({
			parentSpanId: step!.spanId,
			traceId: placeOf(input.rotationId).traceId,
			status: { code: 2 },
		});
		expect(attributesOf(call!.attributes)["rotator.effect"]).toBe("vault PUT db-password");
		expect(step).toMatchObject({ status: { code: 2, message: "internal-error" } });
		expect(there.bodies.map(({ body }) => body).join()).not.toContain("eyJ");
	});
});

describe("nothing of a rotation depends on the collector", () => {
	const input = { rotationId: "db-password.a", secret: "db-password" };

	test("one that never answers is waited for at the very end alone, two seconds, and not again at once", async () => {
		await using there = await collector("never");
		const telemetry = watched(there.url);
		const timed = async (name: string) => {
			const begun = performance.now();
			await telemetry.activity({ name, input, attempt: "1" }, async () => "done");
			return performance.now() - begun;
		};
		await timed("plan");
		expect(await timed("switch")).toBeLessThan(1_000);
		const end = await timed("signHead");
		expect(end).toBeGreaterThan(1_900);
		expect(end).toBeLessThan(4_000);
		expect(await timed("signHead")).toBeLessThan(1_000);
	});

	test.each([
		["refuses everything", false],
		["is not there", true],
	])("a rotation ends as ever where it %s", async (_, isGone) => {
		await using there = await collector(500);
		const world = rotationWorld({ telemetry: watched(isGone ? "http://127.0.0.1:9" : there.url) });
		expect((await world.run(world.request())).result.outcome).toBe("completed");
	});

	test("nor on its key: it comes from the setting, and where its reference was not resolved, a rotation ends as ever", async () => {
		await using there = await collector();
		process.env.OTEL_EXPORTER_OTLP_HEADERS = "x-api-key=lookout";
		const world = rotationWorld({ telemetry: watched(there.url) });
		expect((await world.run(world.request())).result.outcome).toBe("completed");
		expect(new Set(there.bodies.map(({ key }) => key))).toEqual(new Set(["lookout"]));
		const before = there.bodies.length;
		// As App Service leaves it.
		process.env.OTEL_EXPORTER_OTLP_HEADERS =
			"@Microsoft.KeyVault(SecretUri=https://titanic-kv-ops.vault.azure.net/secrets/otlp-headers)";
		const without = rotationWorld({ telemetry: watched(there.url) });
		expect((await without.run(without.request())).result.outcome).toBe("completed");
		expect(there.bodies.length).toBe(before);
	});

	test("nor on the SDK: where it cannot be loaded, everything goes on without", async () => {
		const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
		const telemetry = telemetryOf(
			environment,
			async () => "x",
			() => Promise.reject(new Error("no such file")),
		);
		const world = rotationWorld({ telemetry });
		expect((await world.run(world.request())).result.outcome).toBe("completed");
		expect(await telemetry.perform("vault GET a", async () => 7)).toBe(7);
	});

	test("nor on the configuration, whose strategy is only told", async () => {
		await using there = await collector();
		const telemetry = watched(there.url, () => Promise.reject(failing));
		await telemetry.activity({ name: "signHead", input, attempt: "1" }, async () => {});
		await telemetry.activity({ name: "signHead", input, attempt: "2" }, async () => {});
		expect(JSON.stringify(there.metrics())).toContain('"unknown"');
	});
});

test.each([undefined, "", "no URL", "https://user:password@collector"])(
	"with the endpoint %p nothing is loaded, and nothing stands in between",
	(endpoint) => {
		let loads = 0;
		const load = async () => {
			loads++;
			return silent;
		};
		expect(telemetryOf({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, async () => "x", load)).toBe(silent);
		expect(loads).toBe(0);
	},
);
