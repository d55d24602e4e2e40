// A managed secret as it stands. Never a value: not even its length.

import * as z from "zod";
import { dateStates } from "../../lib/domain/compliance.ts";
import { states as healthStates } from "../../lib/domain/health.ts";
import { listStates } from "../../lib/domain/secret-list.ts";
import { ApprovalRow } from "./approval.ts";
import { ProblemNote } from "./problem.ts";
import { EndedRun, PodProof, RotationSummary, RunningNow, RunningRun } from "./rotation.ts";

const time = z.string().meta({ description: "ISO 8601, in UTC." });

export const DateState = z.enum(dateStates).meta({ description: "By its dates alone." });

export const Health = z
	.object({
		state: z.enum(healthStates).meta({ description: "The first of these that holds." }),
		code: z.string().optional().meta({ description: "Why; docs/codes.md explains each." }),
		rotationId: z.string().optional().meta({ description: "The run that shows more." }),
	})
	.meta({ id: "Health", description: "Its health, beside its dates." });

export const Held = z
	.discriminatedUnion("code", [
		z.object({ code: z.literal("people-only") }),
		z.object({ code: z.literal("frozen"), until: time, reason: z.string() }),
		z.object({ code: z.literal("window-closed"), until: time.optional() }),
		z.object({ code: z.literal("awaiting-approval"), id: z.string(), until: time }),
	])
	.meta({ id: "Held", description: "What a rotation that is due waits for." });

export const Secret = z
	.object({
		secret: z.string().meta({ description: "Its id: its key in the configuration." }),
		vault: z.string(),
		name: z.string().meta({ description: "What it is called in its vault." }),
		strategy: z.string(),
		derived: z.array(z.string()),
		consumers: z.array(z.string()).meta({ example: ["Deployment titanic-api/titanic-api"] }),
		state: DateState,
		version: z.string().optional().meta({ description: "The live version." }),
		expires: time.optional(),
		dueAt: time.optional(),
		workloads: z
			.array(z.object({ workload: z.string(), pods: z.array(PodProof), problem: ProblemNote.optional() }))
			.optional()
			.meta({ description: "What each pod has, asked of its cluster now; absent where no live version can be read." }),
		cutShort: z.boolean().meta({ description: "A rotation was cut short; the next trigger or sweep goes on with it." }),
		health: Health,
		running: RunningNow.optional(),
		last: RotationSummary.optional(),
		lastRun: RotationSummary.optional().meta({ description: "The last one that was neither a dry run nor skipped." }),
		drift: z.object({ seenAt: time, findings: z.array(ProblemNote) }).optional(),
		unretired: z
			.object({ seenAt: time, problem: ProblemNote })
			.optional()
			.meta({ description: "What was live before, and still opens the database." }),
		problem: ProblemNote.optional(),
	})
	.meta({ id: "Secret", description: "A managed secret, looked at now." });

const SecretRow = z
	.object({
		secret: z.string().meta({ description: "Its id: its key in the configuration." }),
		vault: z.string(),
		name: z.string().meta({ description: "What it is called in its vault." }),
		strategy: z.string(),
		consumers: z.array(z.string()),
		state: z.enum(listStates).meta({ description: "By its dates alone; `not-judged` until a sweep has looked at it." }),
		health: Health,
		version: z.string().optional(),
		expires: time.optional(),
		dueInDays: z.number().optional().meta({ description: "Negative when overdue." }),
		waits: Held.optional().meta({ description: "What its rotation waits for, as the sweep found it." }),
		since: EndedRun.optional().meta({ description: "The last run that ended since the sweep." }),
		running: RunningNow.optional(),
	})
	.meta({ id: "SecretRow", description: "A managed secret as the last sweep found it, with what came since." });

const numbers = <T extends string>(names: readonly T[]) =>
	z.object(Object.fromEntries(names.map((name) => [name, z.int()])) as Record<T, z.ZodInt>);

const Overview = z
	.object({
		needing: z
			.object({ total: z.int(), secrets: z.array(SecretRow) })
			.meta({ description: "Secrets about which a person has to do something: how many, and the first 50." }),
		approvals: z
			.array(ApprovalRow)
			.meta({ description: "Orders that wait for an approval, the latest first: up to 200." }),
		running: z.array(RunningRun).meta({ description: "What runs now." }),
	})
	.meta({ id: "Overview", description: "What needs a person and what runs, of all secrets." });

export const SecretList = z
	.object({
		at: time.optional().meta({ description: "When the last whole sweep ended; absent before the first." }),
		counts: z
			.object({ total: z.int(), running: z.int(), state: numbers(listStates), health: numbers(healthStates) })
			.meta({ description: "Of all that `text` matches, whatever else is asked for." }),
		secrets: z.array(SecretRow),
		next: z.string().optional().meta({ description: "The next page, as a path; absent where none is left." }),
		overview: Overview.optional().meta({ description: "With `overview` alone." }),
		problems: z.array(ProblemNote).meta({ description: "What could not be asked: the rows lack what it would say." }),
	})
	.meta({ id: "SecretList" });
