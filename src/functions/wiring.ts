// What the trigger functions share: the app's ports, the check of operators' tokens, and the durable client.

import type { HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import type { DurableClient } from "durable-functions";
import { durableRotations } from "../lib/adapters/durable/rotations.ts";
import { composePorts } from "../lib/composition.ts";
import { settingsFrom } from "../lib/config/settings.ts";
import { oneLine } from "../lib/domain/line.ts";
import { lineOf, type Tell } from "../lib/domain/notice.ts";
import { answering, type Handler } from "../lib/http/answer.ts";
import { type Operators, operatorsOf } from "../lib/http/authentication.ts";
import { telemetryOf } from "../lib/telemetry.ts";

export const telemetry = telemetryOf(process.env, async (secret) => {
	const { secrets } = (await ports.configuration()).config;
	return Object.hasOwn(secrets, secret) ? (secrets[secret]?.strategy ?? "unknown") : "unknown";
});
export const ports = composePorts(process.env, { perform: telemetry.perform });

/** Made at the first call, and kept: it caches the signing keys. A missing setting is that call's problem, not start-up's. */
let operators: Operators | undefined;
const authenticate: Operators = (request) => {
	operators ??= operatorsOf(settingsFrom(process.env));
	return operators(request);
};

/** Notices go where all of the app's log goes; as information, so `logLevel` must let that through (host.json). */
export const tellerOf =
	(context: InvocationContext): Tell =>
	(notice) => {
		context.log(lineOf(notice));
		telemetry.told(notice);
	};

/** What every trigger needs of this invocation. */
export const callOf = (client: DurableClient, context: InvocationContext) => ({
	ports,
	rotations: durableRotations(client),
	attempt: context.invocationId,
	log: (line: string) => context.log(oneLine(line)),
	warn: (line: string) => context.warn(oneLine(line)),
	tell: tellerOf(context),
});

/** A handler of the API as the host calls it. */
export const http =
	(handler: Handler) =>
	(request: HttpRequest, client: DurableClient, context: InvocationContext): Promise<HttpResponseInit> => {
		const call = callOf(client, context);
		return answering(call, () => handler(request, { ...call, operators: authenticate }));
	};
