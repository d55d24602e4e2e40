// A rotation, a delivery, a reconciliation, a rollback or a retirement: how it stands, or how it ended.

import * as z from "zod";
import { outcomes } from "../../lib/domain/codes.ts";
import { ProblemNote } from "./problem.ts";

const time = z.string().meta({ description: "ISO 8601, in UTC.", example: "2026-11-30T06:00:00.000Z" });
const versionId = z.string().meta({ description: "A version of Key Vault's: 32 hex digits." });
const code = z.string().meta({ description: "Stable; docs/codes.md explains each." });

export const kinds = ["rotate", "deliver", "reconcile", "retire", "rollback"] as const;
export const Kind = z.enum(kinds).meta({ description: "What was asked for." });

const outcomeNames = Object.keys(outcomes) as (keyof typeof outcomes)[];
export const Outcome = z.enum(outcomeNames).meta({ description: "How it ended; docs/codes.md explains each." });

export const Actor = z
	.object({
		kind: z.enum(["operator", "event-grid", "timer", "app"]),
		id: z.string().optional().meta({ description: "The operator's object id (claim `oid`), or the event's id." }),
		appId: z.string().optional().meta({ description: "The operator's client application." }),
	})
	.meta({ id: "Actor", description: "Who caused it." });

const StepTime = z
	.object({
		name: z.string(),
		ms: z.number(),
		failedTries: z.int().optional(),
		lastCode: code.optional(),
	})
	.meta({ id: "StepTime", description: "A step that is over, and what it took." });

const Retrying = ProblemNote.extend({
	step: z.string(),
	attempt: z.int().meta({ description: "How many tries have failed." }),
	nextTryAt: time,
	givenUpAt: time.optional().meta({ description: "When the run ends without it." }),
}).meta({ id: "Retrying", description: "A step that failed for a reason which may pass, and is tried again." });

export const PodProof = z
	.object({
		pod: z.string(),
		ready: z.boolean(),
		proved: z.boolean(),
		version: versionId.optional(),
		detail: z.string().optional(),
		provedBy: z.enum(["start", "file", "interval", "session", "run"]).optional(),
		intervalSeconds: z.number().optional(),
		isStarting: z.literal(true).optional(),
	})
	.meta({ id: "PodProof", description: "Which version a pod proves to have, or why it does not." });

const ConsumerStatus = z
	.object({
		workload: z.string().meta({ example: "Deployment titanic-api/titanic-api" }),
		delivered: z.boolean(),
		pods: z.array(PodProof),
		problem: ProblemNote.optional(),
		awaits: z
			.enum(["next-run", "resumption"])
			.optional()
			.meta({ description: "Nothing runs that could prove the version; the sweep looks for the next run." }),
		copyNew: z.array(z.object({ since: time, until: time.optional() })).optional(),
		together: z
			.object({ rolledBy: z.string(), secrets: z.array(z.string()) })
			.optional()
			.meta({ description: "It was rolled once for several secrets." }),
		stage: z.enum(["canary", "copy", "ready", "rolled"]).optional(),
		steps: z.array(StepTime).optional(),
		now: z.string().optional(),
		retrying: Retrying.optional(),
	})
	.meta({ id: "ConsumerStatus", description: "A workload that uses the secret, and what its pods prove." });

export const Exposure = z
	.object({
		expectedSeconds: z.number().meta({ description: "How long requests may fail, as the plan computed it." }),
		consumers: z
			.array(
				z.object({
					workload: z.string(),
					expectedSeconds: z.number(),
					newLoginsSeconds: z.number(),
					outOfServiceSeconds: z.number(),
					assumed: z.array(z.string()),
				}),
			)
			.optional(),
		measuredSeconds: z.number().optional(),
	})
	.meta({ id: "Exposure" });

export const Plan = z
	.object({
		versions: z.array(z.object({ secret: z.string(), live: versionId.optional(), replaced: z.boolean() })),
		roles: z.array(z.object({ server: z.string(), role: z.string() })),
		workloads: z.array(
			z.object({ workload: z.string(), restarts: z.int().optional(), exposureSeconds: z.number().optional() }),
		),
		checks: z.array(
			z.object({
				check: z.string().meta({ description: "A sentence that is true where it passed." }),
				result: z.enum(["passed", "warned", "refused"]),
				code: code.optional(),
				message: z.string().optional(),
			}),
		),
	})
	.meta({ id: "Plan", description: "What a dry run shows: everything that would be changed, and each check." });

const ApprovalNote = z
	.object({
		id: z.string().optional().meta({ description: "The approval's id; absent where none was needed." }),
		approvedBy: Actor.optional(),
		approvedAt: time.optional(),
		reason: z.string().optional().meta({ description: "The approver's words." }),
		breakGlass: z.literal(true).optional().meta({ description: "It went on without the approval that it needed." }),
	})
	.meta({ id: "ApprovalNote", description: "What the run has to do with an approval." });

/** @see https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md (long-running operations) */
const monitorStates = ["NotStarted", "Running", "Succeeded", "Failed", "Canceled"] as const;
export type MonitorState = (typeof monitorStates)[number];

const long = z
	.literal(true)
	.optional()
	.meta({ description: "It has been running for longer than it should: it waits for something that needs a look." });

export const Rotation = z
	.object({
		id: z.string().meta({ description: "The same as `rotationId`." }),
		status: z.enum(monitorStates).meta({ description: "The state as Azure's long-running operations have it." }),
		rotationId: z.string(),
		secret: z.string(),
		kind: Kind,
		direction: z.enum(["database-from-vault", "new-password"]).optional(),
		requestedBy: Actor,
		requestedAt: time,
		expectedBy: time
			.optional()
			.meta({ description: "While it runs: when it should be over, by the timeouts of its slowest consumer." }),
		long,
		reason: z.string().optional(),
		orderDigest: z.string().optional().meta({ description: "Of an order with an `Idempotency-Key`: SHA-256, hex." }),
		dryRun: z.literal(true).optional(),
		approval: ApprovalNote.optional().meta({ description: "Absent where the secret needs none." }),
		now: z.string().optional().meta({ description: "What is going on now; absent once it is over." }),
		retrying: Retrying.optional(),
		givesWay: z.literal(true).optional(),
		steps: z.array(StepTime),
		outcome: Outcome.optional().meta({ description: "Absent while it runs." }),
		code: code.optional(),
		problem: ProblemNote.optional(),
		warnings: z.array(ProblemNote).optional(),
		drift: z.array(ProblemNote).optional(),
		changes: z.array(z.object({ code, what: z.string() })).optional(),
		broughtBack: versionId.optional(),
		previousVersion: versionId.optional(),
		version: versionId.optional(),
		expires: time.optional().meta({ description: "When that version expires." }),
		derived: z.array(z.object({ secret: z.string(), version: versionId })).optional(),
		gapMs: z
			.number()
			.optional()
			.meta({ description: "Milliseconds from ALTER ROLE committed to the new version readable." }),
		exposure: Exposure.optional(),
		retired: z.object({ server: z.string(), role: z.string(), versions: z.array(versionId) }).optional(),
		compromise: z
			.object({
				closedAfterSeconds: z.number().optional(),
				endedSessions: z.int(),
				versions: z.array(versionId),
				left: ProblemNote.optional(),
			})
			.optional(),
		plan: Plan.optional().meta({ description: "A dry run's." }),
		consumers: z.array(ConsumerStatus).optional(),
		earlierDeliveries: z.int().optional(),
		endedAt: time.optional(),
	})
	.meta({ id: "Rotation", description: "One run for one managed secret." });

/** What is shown of somebody else's order that does what was asked for. */
export const AlreadyRunning = z
	.object({ rotationId: z.string().optional(), alreadyRunning: z.literal(true) })
	.meta({ id: "AlreadyRunning", description: "What runs already does what was asked for: no second one was started." });

export const RotationSummary = z
	.object({
		rotationId: z.string(),
		kind: Kind,
		dryRun: z.literal(true).optional(),
		outcome: Outcome.optional(),
		code: code.optional(),
		endedAt: time.optional(),
	})
	.meta({ id: "RotationSummary" });

export const RunningNow = z
	.object({ rotationId: z.string(), kind: Kind, now: z.string().optional(), retrying: Retrying.optional(), long })
	.meta({ id: "RunningNow" });

export const EndedRun = z
	.object({
		rotationId: z.string(),
		secret: z.string(),
		kind: Kind,
		dryRun: z.literal(true).optional(),
		outcome: Outcome,
		code: code.optional(),
		by: z.enum(["operator", "event-grid", "timer", "app"]).meta({ description: "Who asked for it." }),
		version: versionId.optional(),
		expires: time.optional().meta({ description: "When that version expires." }),
		approvedBy: z.string().optional().meta({ description: "Object id of who approved it." }),
		breakGlass: z.literal(true).optional().meta({ description: "It went on without the approval that it needed." }),
		endedAt: time,
	})
	.meta({ id: "EndedRun", description: "A run that is over, in a line." });

export const RunningRun = RunningNow.extend({ secret: z.string(), requestedAt: time });

export const RunList = z
	.object({
		running: z.array(RunningRun).optional().meta({ description: "What runs now; on the first page only." }),
		rotations: z.array(EndedRun),
		next: z.string().optional().meta({ description: "The next page, as a path; absent where none is left." }),
	})
	.meta({ id: "RunList" });
