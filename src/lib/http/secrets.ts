// The managed secrets as they stand now. Never a value: not even its length.

import type { ManagedSecret } from "../config/configuration.ts";
import type { ComplianceReport } from "../domain/compliance.ts";
import { problemOf } from "../domain/fault.ts";
import { asFault } from "../steps/boundary.ts";
import { eachOf, lookAt } from "../triggers/look.ts";
import { type Deps, type Handler, json, readable } from "./answer.ts";

/** `GET /api/secrets` */
export const listSecrets: Handler = readable(async (_request, deps) => {
	const { config } = await deps.ports.configuration();
	const report = await deps.ports
		.records()
		.then((records) => records.lastReport())
		.catch(() => undefined);
	const secrets = await eachOf(Object.entries(config.secrets), async ([id, secret]) => ({
		...(await describe(deps, id, secret)),
		...driftIn(report, id),
	}));
	return json(200, { secrets });
});

/** As the last sweep found it: to find it anew takes logins, which a GET must not cost. */
function driftIn(report: ComplianceReport | undefined, id: string) {
	const drift = report?.secrets.find(({ secret }) => secret === id)?.drift;
	return drift && { drift: { seenAt: report.at, findings: drift } };
}

async function describe({ ports, rotations }: Deps, id: string, secret: ManagedSecret) {
	const [standing, history] = await Promise.all([
		lookAt(ports, id),
		historyOf(id, { ports, rotations }).catch((error) => ({ problem: problemOf(asFault(error, "http")) })),
	]);
	return {
		secret: id,
		vault: secret.vault,
		name: secret.name,
		strategy: secret.strategy,
		derived: secret.derived.map((derived) => derived.secret),
		consumers: secret.consumers.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`),
		...standing,
		...history,
		problem: standing.problem ?? ("problem" in history ? history.problem : undefined),
	};
}

async function historyOf(id: string, { ports, rotations }: Pick<Deps, "ports" | "rotations">) {
	const [running, last] = await Promise.all([
		rotations.running(id),
		ports.records().then((records) => records.lastRotation(id)),
	]);
	return {
		running: running && {
			rotationId: running.rotationId,
			kind: running.kind,
			now: running.now,
			retrying: running.retrying,
		},
		last: last && { rotationId: last.rotationId, outcome: last.outcome, code: last.code, endedAt: last.endedAt },
	};
}
