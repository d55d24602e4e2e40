// Drift is repaired, in the direction that an operator gives.
// RN1. Vault and database are judged by values that can be read: what was deleted or disabled is brought back first, and all
//      is planned again. Nothing else is changed before that.
// RN2. The switch is the rotation's own: lock, ALTER ROLE, login, derived secrets, re-read. Otherwise: two critical sections,
//      and one of them has the gaps. Kept by: reconcile.test.ts, where the process dies at each effect.
// RN3. A pending secret that nobody goes on with is retired only when the live password is proved. Otherwise: the only copy
//      of what the database has is put away.

import type { ReconcileRequest } from "../domain/requests/index.ts";
import type { RotationStatus } from "../domain/rotation.ts";
import type { Source } from "../domain/standing.ts";
import type { Ids } from "../steps/boundary.ts";
import type { PlanReconciliation, ReconciliationPlan } from "../steps/reconcile.ts";
import { deliverAll } from "./deliver-all.ts";
import { endOf, finished, refused } from "./ending.ts";
import { type Durable, type Process, StepFailed, step } from "./process.ts";
import { type Progress, progressOf } from "./progress.ts";
import { newPending, switchOver } from "./rotate.ts";

/** Secret and derived secrets, one after the other, may hide each other; and once more for what is behind them. */
const mostRounds = 3;

export function* reconcile(durable: Durable, request: ReconcileRequest): Process<RotationStatus> {
	const progress = progressOf(durable, request);
	const ids: Ids = { rotationId: request.rotationId, secret: request.secret, actor: request.actor };

	let begun = false;
	let plan: ReconciliationPlan;
	let source: Source | undefined;
	let covered: readonly string[] = [];
	try {
		plan = yield* planned(progress, { ...request, begun });
		const { act, code, drift, changes, problem, baseVersion } = plan;
		progress.know({
			drift,
			...(request.breakGlass && { approval: { breakGlass: true as const } }),
			...(baseVersion !== "" && { previousVersion: baseVersion }),
			...(act !== "refuse" && { changes }),
		});
		if (act === "refuse") return yield* finished(durable, ids, progress.end({ outcome: "refused", code, problem }));
		if (act === "skip") return yield* finished(durable, ids, progress.end({ outcome: "skipped", code }));
		if (request.dryRun) return yield* finished(durable, ids, progress.end({ outcome: "planned", code }));
		for (let round = 1; plan.restore.length > 0 && round <= mostRounds; round++) {
			const { restore } = plan;
			// What none of them turns out to need is put away in the end, with the password that the run continued with.
			covered = [...covered, ...restore.flatMap((one) => (one.code === "enable-pending" ? [one.version] : []))];
			yield* progress.during(
				"restore",
				"Bringing back what was deleted",
				step(durable, "restore", { ...ids, restore }),
			);
			begun = true;
			plan = yield* planned(progress, { ...request, begun });
			if (plan.problem) throw new StepFailed("planReconciliation", plan.problem, true);
		}
		if (plan.act === "adopt" && plan.credentialId === request.rotationId) {
			const { credentialId, baseVersion: version } = plan;
			yield* progress.during(
				"adopt",
				"Tagging the live version",
				step(durable, "adopt", { ...ids, credentialId, version }),
			);
			begun = true;
		}
		if (plan.act === "rotate") {
			const target = { ...ids, credentialId: request.rotationId, baseVersion: plan.baseVersion };
			({ source, covered } = yield* newPending(progress, target));
		}
	} catch (error) {
		if (!begun) return yield* finished(durable, ids, refused(progress, error));
		if (!(error instanceof StepFailed)) throw error;
		const { problem } = error;
		return yield* finished(durable, ids, progress.end({ outcome: "interrupted", code: problem.code, problem }));
	}

	const { baseVersion, loginWith, consumers, act, pendingCredential } = plan;
	const credentialId = plan.credentialId ?? request.rotationId;
	const reconciles = loginWith === undefined ? {} : { loginWith };
	const target = { ...ids, credentialId, baseVersion };
	source ??= { secret: "live", version: baseVersion };
	const switched = yield* switchOver(progress, { ...target, source, reconciles }, plan);
	if ("ended" in switched) {
		const { ended } = switched;
		const outcome = begun && ended.outcome === "refused" ? "interrupted" : ended.outcome;
		// Nobody knows whether the pending secret is still needed.
		return yield* finished(durable, act === "adopt" ? ids : target, { ...ended, outcome });
	}
	const { published, delivery } = switched;
	const delivered = yield* deliverAll(durable, progress, { ...ids, credentialId }, consumers, published, delivery);
	const retired = act === "adopt" ? pendingCredential : credentialId;
	return yield* finished(
		durable,
		{ ...ids, covered, ...(retired !== undefined && { credentialId: retired }) },
		progress.end(endOf(delivered, "reconciled")),
	);
}

function* planned(progress: Progress, wish: PlanReconciliation): Process<ReconciliationPlan> {
	const now = "Comparing vault, database and consumers";
	return yield* progress.during("plan", now, step(progress.durable, "planReconciliation", wish));
}
