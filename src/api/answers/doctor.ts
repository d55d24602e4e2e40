// What the app may do at each system, per secret.

import * as z from "zod";
import { foundResults } from "../../lib/domain/diagnosis.ts";

const FoundRight = z
	.object({
		right: z.string().meta({
			description: "A right, or a sentence that is true where it is ok.",
			example: "get secretproviderclasses/titanic-kv-secrets in namespace titanic-api",
		}),
		result: z.enum(foundResults).meta({
			description:
				"`ok`: the system says so. `missing`: it says no. `unknown`: it was not asked, or cannot be without an effect; `says` has the reason.",
		}),
		optional: z.literal(true).optional().meta({ description: "Rotations do without it." }),
		says: z.string().optional().meta({ description: "Why it is missing or unknown, or what it is for." }),
		code: z.string().optional().meta({ description: "Of docs/codes.md.", example: "cluster-forbidden" }),
		next: z
			.string()
			.optional()
			.meta({ description: "The command that gives it, or that finds it out; else what to do." }),
	})
	.meta({ id: "FoundRight" });

const FoundSystem = z
	.object({
		system: z.string().meta({ example: "Key Vault titanic-kv-prod" }),
		rights: z.array(FoundRight),
	})
	.meta({ id: "FoundSystem" });

export const Diagnosis = z
	.object({
		at: z.string().meta({ description: "The app's clock." }),
		version: z.string().meta({ description: "The app's." }),
		app: z.array(FoundSystem).meta({ description: "What every rotation needs, whatever it rotates." }),
		secrets: z.array(z.object({ secret: z.string(), systems: z.array(FoundSystem) })),
		counts: z
			.object({ ok: z.int(), missing: z.int(), unknown: z.int() })
			.meta({ description: "How many there are of each, except those that rotations do without." }),
	})
	.meta({ id: "Diagnosis", description: "What the app may do, asked without doing it. Never a value of a secret." });
