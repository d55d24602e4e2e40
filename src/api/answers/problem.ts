// What went wrong: in a status or a report, and as the whole of an answer.

import * as z from "zod";

export const ProblemNote = z
	.object({
		code: z.string().meta({ description: "Stable; docs/codes.md explains each.", example: "vault-forbidden" }),
		message: z.string().meta({ description: "One sentence that names what is at fault." }),
		next: z.string().meta({ description: "What to do next." }),
	})
	.meta({ id: "ProblemNote", description: "What went wrong, and what to do next." });

/** @see https://www.rfc-editor.org/rfc/rfc9457 */
export const Problem = z
	.object({
		type: z.string().meta({ description: "Where the code is explained, relative to this API." }),
		title: z.string().meta({ description: "The HTTP status in words." }),
		status: z.int().meta({ description: "The HTTP status." }),
		detail: z.string().meta({ description: "One sentence that names what is at fault." }),
		instance: z.string().meta({ description: "Names this very call in the app's log." }),
		code: z.string().meta({ description: "Stable; docs/codes.md explains each.", example: "rotation-running" }),
		next: z.string().meta({ description: "What to do next." }),
	})
	.meta({ id: "Problem", description: "Problem details (RFC 9457)." });
