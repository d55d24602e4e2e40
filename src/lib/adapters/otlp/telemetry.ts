// Spans and metrics by OTLP over HTTP. The standard settings (OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME, ...) are read by the SDK.
// OT1. What goes wrong here goes wrong for nobody else. Otherwise: a collector that is down ends rotations. Kept by: otlp.test.ts.
// OT2. Nothing waits for the collector except the last activity of a run, when its outcome is recorded: two seconds at most, and
//      not again within a minute of one that did not answer. Otherwise: a collector that hangs keeps pods on the old password.
//      Kept by: otlp.test.ts.
// OT3. No value can get here: spans have the names and ids that the audit log has, metrics have neither (domain/trace.ts).
//      Kept by: otlp.test.ts.
// OT4. These requests do not pass the seam of ports/effect.ts, which they are about.

import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
	type Attributes,
	type Context,
	ROOT_CONTEXT,
	type Span,
	SpanKind,
	SpanStatusCode,
	TraceFlags,
	trace,
} from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { codeInText } from "../../domain/fault.ts";
import type { Notice } from "../../domain/notice.ts";
import { callOf, placeOf, type TracePlace } from "../../domain/trace.ts";
import { version } from "../../domain/version.ts";
import type { Telemetry } from "../../ports/telemetry.ts";

const scope = "titanic-secret-rotator";

/** What a run ends with: by then its outcome is recorded. */
const last = new Set(["signHead", "finishSweep"]);
const mostFlushMs = 2_000;
const pauseAfterVainMs = 60_000;

/** How an activity or a call ended. */
type End = { readonly outcome: "done" | "refused" | "failed"; readonly code?: string };

export function otlpTelemetry(strategyOf: (secret: string) => Promise<string>): Telemetry {
	let given: TracePlace | undefined;
	const idGenerator = {
		generateTraceId: () => given?.traceId ?? randomBytes(16).toString("hex"),
		generateSpanId: () => given?.spanId ?? randomBytes(8).toString("hex"),
	};
	const resource = resourceFromAttributes({
		"service.name": process.env.OTEL_SERVICE_NAME || scope,
		"service.version": version,
		"service.instance.id": randomUUID(),
		"host.name": hostname(),
	});
	const spans = new BasicTracerProvider({
		resource,
		idGenerator,
		spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
	});
	const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() });
	const metrics = new MeterProvider({ resource, readers: [reader] });
	const tracer = spans.getTracer(scope);
	const measured = instruments(metrics);
	const around = new AsyncLocalStorage<Context>();

	let vainUntil = 0;
	const flushed = () =>
		Promise.all([spans.forceFlush(), metrics.forceFlush()]).then(
			() => true,
			() => false,
		);
	async function flushedInTime(): Promise<void> {
		if (Date.now() < vainUntil) return;
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<boolean>((resolve) => {
			timer = setTimeout(() => resolve(false), mostFlushMs);
		});
		const isThere = await Promise.race([flushed(), late]);
		clearTimeout(timer);
		if (!isThere) vainUntil = Date.now() + pauseAfterVainMs;
	}

	/** A whole rotation, reported at its end: its span contains those of its activities. */
	function ended(notice: Extract<Notice, { event: "rotation-ended" }>): void {
		const { rotationId, secret, request, outcome, code, ms } = notice;
		const now = Date.now();
		given = placeOf(rotationId);
		const attributes = { ...named({ rotationId, secret }), "rotator.request": request, "rotator.outcome": outcome };
		const span = tracer.startSpan(
			`rotation ${request}`,
			{ root: true, startTime: now - ms, attributes: { ...attributes, "rotator.code": code } },
			ROOT_CONTEXT,
		);
		given = undefined;
		if (!good.has(outcome)) span.setStatus({ code: SpanStatusCode.ERROR, message: code });
		span.end(now);
	}

	return {
		async perform(effect, act) {
			const { system, verb } = callOf(effect);
			const within = around.getStore();
			const begun = performance.now();
			const attributes = { "rotator.effect": effect, "rotator.system": system };
			const span =
				within && quietly(() => tracer.startSpan(`${system} ${verb}`, { kind: SpanKind.CLIENT, attributes }, within));
			const over = (outcome: End["outcome"]) => {
				quietly(() => measured.calls.record((performance.now() - begun) / 1000, { system, verb, outcome }));
				quietly(() => closed(span, { outcome }));
			};
			try {
				const answer = await act();
				over("done");
				return answer;
			} catch (error) {
				over("failed");
				throw error;
			}
		},

		async activity({ name, input, attempt }, act) {
			const ids = idsIn(input);
			const begun = performance.now();
			const attributes = { ...named(ids), "rotator.attempt": attempt };
			const span = quietly(() =>
				tracer.startSpan(name, { attributes, root: ids.rotationId === undefined }, contextOf(ids)),
			);
			const over = (end: End) => {
				const seconds = (performance.now() - begun) / 1000;
				quietly(() => closed(span, end));
				void strategy(ids.secret).then((of) =>
					quietly(() => measured.activities.record(seconds, { step: name, strategy: of, ...end })),
				);
			};
			try {
				const answer = await around.run(span ? trace.setSpan(ROOT_CONTEXT, span) : ROOT_CONTEXT, act);
				over(endOf(answer));
				return answer;
			} catch (error) {
				over({ outcome: "failed", code: codeInText(error instanceof Error ? error.message : "") ?? "internal-error" });
				throw error;
			} finally {
				if (last.has(name)) await flushedInTime();
				// An instance that has nothing to do is frozen, and what it has not sent with it.
				else void spans.forceFlush().catch(() => {});
			}
		},

		told(notice) {
			if (notice.event === "fault") {
				const { step, code, transient } = notice;
				quietly(() => measured.faults.add(1, { step, code, transient }));
			}
			if (notice.event !== "rotation-ended") return;
			quietly(() => ended(notice));
			const { request, outcome, code, ms, gapMs, secret } = notice;
			void strategy(secret).then((of) =>
				quietly(() => {
					measured.rotations.record(ms / 1000, { request, outcome, code, strategy: of });
					if (gapMs !== undefined) measured.gaps.record(gapMs / 1000, { strategy: of });
				}),
			);
		},
	};

	async function strategy(secret: string | undefined): Promise<string> {
		return secret === undefined ? "none" : strategyOf(secret).catch(() => "unknown");
	}
}

const good: ReadonlySet<string> = new Set(["completed", "skipped", "planned", "cancelled"]);

function instruments(provider: MeterProvider) {
	const meter = provider.getMeter(scope);
	const seconds = (name: string, description: string, boundaries: number[]) =>
		meter.createHistogram(name, { description, unit: "s", advice: { explicitBucketBoundaries: boundaries } });
	return {
		rotations: seconds(
			"rotator.rotation.duration",
			"From the request to the end.",
			[5, 15, 30, 60, 120, 300, 900, 3600, 86_400],
		),
		gaps: seconds(
			"rotator.gap.duration",
			"From ALTER ROLE committed to the new version readable.",
			[0.1, 0.25, 0.5, 1, 2, 5, 15, 60],
		),
		activities: seconds(
			"rotator.activity.duration",
			"One execution of an activity.",
			[0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
		),
		calls: seconds(
			"rotator.call.duration",
			"One call to the outside.",
			[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15],
		),
		faults: meter.createCounter("rotator.faults", { description: "What activities and triggers ended with." }),
	};
}

/** A final fault is returned. */
function endOf(answer: unknown): End {
	const { refused } = (answer ?? {}) as { readonly refused?: { readonly code?: unknown } };
	return typeof refused?.code === "string" ? { outcome: "refused", code: refused.code } : { outcome: "done" };
}

interface Ids {
	readonly rotationId?: string;
	readonly secret?: string;
}

function idsIn(input: unknown): Ids {
	const { rotationId, secret } = (typeof input === "object" && input !== null ? input : {}) as Record<string, unknown>;
	return {
		...(typeof rotationId === "string" && { rotationId }),
		...(typeof secret === "string" && { secret }),
	};
}

const named = ({ rotationId, secret }: Ids): Attributes => ({
	...(rotationId !== undefined && { "rotator.rotation_id": rotationId }),
	...(secret !== undefined && { "rotator.secret": secret }),
});

const contextOf = ({ rotationId }: Ids): Context =>
	rotationId === undefined
		? ROOT_CONTEXT
		: trace.setSpanContext(ROOT_CONTEXT, { ...placeOf(rotationId), traceFlags: TraceFlags.SAMPLED, isRemote: true });

function closed(span: Span | undefined, { outcome, code }: End): void {
	span?.setAttribute("rotator.outcome", outcome);
	if (code !== undefined) span?.setAttribute("rotator.code", code);
	if (outcome !== "done") span?.setStatus({ code: SpanStatusCode.ERROR, ...(code !== undefined && { message: code }) });
	span?.end();
}

function quietly<T>(act: () => T): T | undefined {
	try {
		return act();
	} catch {
		return undefined;
	}
}
