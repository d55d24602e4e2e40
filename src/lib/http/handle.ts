// One operation of the API, from the request to its answer: who calls, may they, is the request as the route says?
// HN1. An order that is refused is on the audit log before the caller is told, and so is a refused look at the log itself: who
//      tried is what an auditor asks. A refused read is not. Kept by: api.test.ts, audit.test.ts.

import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import { IdempotencyKey } from "../../api/bodies.ts";
import { type AppRole, type OperationId, operations } from "../../api/operations.ts";
import { type AnswerOf, type BodyOf, type ParamsOf, type QueryOf, type Route, routes } from "../../api/routes.ts";
import { needsApproval } from "../config/configuration.ts";
import { Fault } from "../domain/fault.ts";
import { asFault } from "../steps/boundary.ts";
import { recordRefusal, type Trigger, unnamed } from "../triggers/request.ts";
import { answering, type Deps, type Handler, json } from "./answer.ts";
import type { Operator } from "./authentication.ts";
import { authorize } from "./authorization.ts";
import { readBody } from "./body.ts";
import { secretOf } from "./known.ts";
import { paramsIn, queryIn } from "./parameters.ts";

export interface Asked<K extends OperationId> {
	readonly params: ParamsOf<K>;
	readonly query: QueryOf<K>;
	readonly body: BodyOf<K>;
	/** What the caller calls this order. */
	readonly key?: string;
	/** The operator's call, for the audit log and for what it starts. */
	readonly trigger: Trigger;
	readonly operator: Operator;
	readonly request: HttpRequest;
}

/** One of the route's answers. */
export const reply = <S extends number, B>(status: S, body: B, headers: Readonly<Record<string, string>> = {}) => ({
	status,
	body,
	headers,
});

const isRecorded = (id: OperationId): boolean =>
	operations[id].method === "POST" || id === "showAudit" || id === "showEvidence";

type Open = { [K in OperationId]: (typeof operations)[K] extends { role: AppRole } ? never : K }[OperationId];
type Guarded = Exclude<OperationId, Open>;

/** An operation that needs no token: what it answers is the same for everybody. */
export const openly =
	<K extends Open>(id: K, answer: (asked: Pick<Asked<K>, "params" | "query">) => Promise<AnswerOf<K>>): Handler =>
	(request, deps) =>
		answering(deps, async () => {
			const route: Route = routes[id];
			const asked = { params: paramsIn(request, route.params), query: queryIn(request, route.query) };
			return answerOf(await answer(asked as Pick<Asked<K>, "params" | "query">));
		});

/** @param answer what is done once the request is known to be as its route says */
export const handle =
	<K extends Guarded>(id: K, answer: (asked: Asked<K>, deps: Deps) => Promise<AnswerOf<K>>): Handler =>
	(request, deps) =>
		answering(deps, async () => {
			const { ports, rotations, attempt, log, warn, tell } = deps;
			const operator = await deps.operators(request);
			const actor = { kind: "operator", id: operator.id, appId: operator.appId } as const;
			const trigger: Trigger = { ports, rotations, actor, attempt, log, warn, tell };
			const route: Route = routes[id];
			let name = unnamed;
			const accept = async () => {
				authorize(operator, operations[id].role);
				const params = paramsIn(request, route.params);
				name = "name" in params ? String(params.name) : unnamed;
				const query = queryIn(request, route.query);
				const body = route.body && (await readBody(request, route.body));
				const key = route.hasKey && keyIn(request);
				return { params, query, body, key, trigger, operator, request } as Asked<K>;
			};
			const asked = await (isRecorded(id) ? orRecorded(trigger, () => name, accept) : accept());
			return answerOf(await answer(asked, deps));
		});

/** @throws Fault `idempotency-key-not-valid` */
function keyIn({ headers }: HttpRequest): string | undefined {
	const parsed = IdempotencyKey.safeParse(headers.get("idempotency-key") ?? undefined);
	if (parsed.success) return parsed.data;
	throw new Fault("idempotency-key-not-valid", { allowed: parsed.error.issues[0]!.message });
}

const answerOf = <K extends OperationId>(answer: AnswerOf<K>): HttpResponseInit => {
	const { status, body, headers } = answer as { status: number; body: unknown; headers?: Record<string, string> };
	return json(status, body, headers);
};

/**
 * The configuration that has this secret; a request for one that it does not have is recorded, and refused.
 * @throws Fault `secret-not-configured`, `configuration-invalid`
 */
export const configured = (
	trigger: Trigger,
	secret: string,
): Promise<{ readonly hash: string; readonly needsApproval: boolean }> =>
	orRecorded(
		trigger,
		() => secret,
		async () => {
			const { config, hash } = await trigger.ports.configuration();
			return { hash, needsApproval: needsApproval(config, secretOf(config, secret)) };
		},
	);

/** @param name whom the record is about, as far as is known then */
export async function orRecorded<T>(trigger: Trigger, name: () => string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		const fault = asFault(error, "trigger");
		await recordRefusal(trigger, name(), fault.code, fault.sentence);
		throw fault;
	}
}
