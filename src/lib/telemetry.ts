// Whether anybody watches by OpenTelemetry, and if so, the SDK, loaded when it is first needed.
// TL1. Without an endpoint nothing of it is loaded, and nothing stands between the app and what it calls. Kept by: bundle.test.ts,
//      otlp.test.ts.
// TL2. Where it cannot be loaded, the app works as it does without it. Kept by: otlp.test.ts.

import { Settings } from "./config/settings.ts";
import { silent, type Telemetry } from "./ports/telemetry.ts";

type StrategyOf = (secret: string) => Promise<string>;

/**
 * @param strategyOf a managed secret's strategy, for metrics
 * @param load loads the SDK
 */
export function telemetryOf(
	environment: Readonly<Record<string, string | undefined>>,
	strategyOf: StrategyOf,
	load = async () => (await import("./adapters/otlp/telemetry.ts")).otlpTelemetry(strategyOf),
): Telemetry {
	// A wrong setting is reported by whatever reads all settings.
	const given = Settings.shape.OTEL_EXPORTER_OTLP_ENDPOINT.safeParse(
		environment.OTEL_EXPORTER_OTLP_ENDPOINT || undefined,
	);
	if (given.data === undefined) return silent;
	let loading: Promise<Telemetry> | undefined;
	const loaded = () => {
		loading ??= load().catch(() => silent);
		return loading;
	};
	return {
		perform: async (effect, act) => (await loaded()).perform(effect, act),
		activity: async (run, act) => (await loaded()).activity(run, act),
		told: (notice) => void loaded().then((telemetry) => telemetry.told(notice)),
	};
}
