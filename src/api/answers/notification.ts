// A channel that was tried.

import * as z from "zod";

export const TriedChannel = z
	.object({
		channel: z.string(),
		kind: z.string().meta({ description: "Of `notifications.<name>.kind`." }),
		sentAt: z.string().meta({ description: "When it took the notification." }),
		id: z.string().meta({ description: "The notification's id, as its receiver has it." }),
	})
	.meta({ id: "TriedChannel" });
