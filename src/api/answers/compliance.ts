// What the sweep found.

import * as z from "zod";
import { Classes, Exemptions, Trend, VaultCount } from "./evidence.ts";
import { ProblemNote } from "./problem.ts";
import { DateState, Health, Held } from "./secret.ts";

export const backupStates = ["none", "behind", "old", "current"] as const;

const time = z.string().meta({ description: "ISO 8601, in UTC." });

export const actions = [
	"none",
	"waiting",
	"started",
	"delivering",
	"already-running",
	"held-back",
	"retiring",
] as const;

export const ComplianceEntry = z
	.object({
		secret: z.string(),
		state: DateState,
		health: Health.optional(),
		version: z.string().optional(),
		expires: time.optional(),
		dueInDays: z.number().optional().meta({ description: "Days until it is due; negative when overdue." }),
		action: z.enum(actions).meta({ description: "What the sweep did about it." }),
		waits: Held.optional().meta({ description: "What its rotation waits for." }),
		rotationId: z.string().optional(),
		problem: ProblemNote.optional(),
		unretired: ProblemNote.optional(),
		backup: z
			.object({ state: z.enum(backupStates), at: time.optional(), problem: ProblemNote.optional() })
			.optional()
			.meta({
				description:
					"How its backups are, the worst of the secret's own and of what is derived from it; absent where none are wanted. `at`: when the oldest of the last ones was made.",
			}),
		drift: z.array(ProblemNote).optional(),
	})
	.meta({ id: "ComplianceEntry" });

export const Compliance = z
	.object({
		complete: z
			.boolean()
			.meta({ description: "False while a sweep is under way or was cut short: `since` and `judged` describe it." }),
		at: time.optional().meta({ description: "When the last whole sweep ended." }),
		sweep: z.object({ id: z.string(), startedAt: time }).optional(),
		since: time.optional(),
		judged: z.int().optional(),
		secrets: z.array(ComplianceEntry),
		unmanaged: z
			.array(z.object({ vault: z.string(), secret: z.string(), rotation: z.string() }))
			.meta({ description: "Tagged `rotation` in a configured vault, and without an entry in the configuration." }),
		vaults: z.array(VaultCount).optional(),
		overdue: z
			.array(z.object({ secret: z.string(), days: z.int(), exempt: z.boolean() }))
			.meta({ description: "A whole day late or more, the longest first." }),
		exceptions: Exemptions.meta({ description: "What the configuration exempts, also where that has ended." }),
		classes: Classes,
		unclassed: z.int().meta({ description: "Managed secrets without a policy class." }),
		trend: Trend.meta({ description: "The sweeps of the last 90 days, the oldest first." }),
		problems: z.array(ProblemNote),
	})
	.meta({ id: "Compliance", description: "The last sweep's report, and what one since has judged so far." });
