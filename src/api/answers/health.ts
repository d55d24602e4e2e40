// The app's own health.

import * as z from "zod";
import { ProblemNote } from "./problem.ts";

export const AppHealth = z
	.object({
		status: z.enum(["healthy", "degraded"]).meta({ description: "`degraded` where there is any problem." }),
		version: z.string().meta({ description: "The app's." }),
		configuration: z.object({
			valid: z.boolean(),
			hash: z.string().optional().meta({ description: "SHA-256 of the configuration file, hex." }),
			secrets: z.int().optional().meta({ description: "How many it manages." }),
		}),
		freezes: z.int().optional().meta({ description: "How many are on: of the configuration, and of operators." }),
		lastSweep: z.object({ at: z.string(), complete: z.boolean() }).optional().meta({
			description: "When the last whole one ended; `complete: false` while another one is under way or was cut short.",
		}),
		backups: z
			.object({ current: z.int(), lacking: z.int() })
			.optional()
			.meta({ description: "As the last sweep found them; absent where none are wanted." }),
		problems: z
			.array(ProblemNote)
			.meta({ description: "What is wrong or cannot be reached: now, or of vaults when the last sweep asked them." }),
	})
	.meta({ id: "AppHealth" });
