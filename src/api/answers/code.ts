// A code, explained.

import * as z from "zod";

export const Code = z
	.object({
		code: z.string(),
		kind: z.enum(["fault", "outcome", "reason", "change", "step", "trigger"]),
		means: z.string().meta({ description: "What it says; `<...>` stands for the name of the thing at fault." }),
		next: z.string().optional().meta({ description: "What to do next, where a person has to act." }),
	})
	.meta({ id: "Code" });
