// An order that waits until another person has approved it, and what became of it.

import * as z from "zod";
import { approvalStates } from "../../lib/domain/approval.ts";
import { ProblemNote } from "./problem.ts";
import { Actor, Exposure, Kind, Plan } from "./rotation.ts";

const time = z.string().meta({ description: "ISO 8601, in UTC." });
const id = z.string().meta({ description: "The id of the order that waits for it: `<secret>.<uuid>`." });

const State = z.enum(approvalStates).meta({
	description:
		"`awaiting-approval`, until somebody decides or it expires; `approved`, until the rotation that it starts is over; `void`: the plan had changed by then, or it came too late; `used`: that rotation is over.",
});
const shared = {
	id,
	secret: z.string(),
	kind: Kind,
	requestedBy: Actor,
	requestedAt: time,
	expiresAt: time.meta({ description: "It has to be approved, and its rotation to begin, before this time." }),
	rotationId: z.string().meta({ description: "The rotation that an approval starts; unknown until then." }),
};

export const Approval = z
	.object({
		...shared,
		state: State,
		order: z.object({
			kind: Kind,
			force: z.boolean().optional(),
			compromised: z.boolean().optional(),
			to: z.string().optional().meta({ description: "A rollback's version." }),
		}),
		reason: z.string().optional().meta({ description: "The requester's words." }),
		code: z.string().meta({ description: "Why the plan wants to do it; docs/codes.md explains each." }),
		plan: Plan,
		exposure: Exposure.optional(),
		planDigest: z.string().meta({
			description:
				"SHA-256 of what the plan would do. At the rotation's begin it has to be the same: a changed plan voids the approval.",
		}),
		decision: z
			.object({ by: Actor, at: time, reason: z.string() })
			.optional()
			.meta({ description: "Who approved or rejected it, and why." }),
		problem: ProblemNote.optional().meta({ description: "Why it is void." }),
	})
	.meta({ id: "Approval", description: "An order that waits, or waited, until another person approves it." });

/** No more is known of it than of the run that asks. */
export const NoApproval = z
	.object({
		id,
		secret: z.string(),
		state: z.enum(["planning", "not-needed"]).meta({
			description: "`planning`: its plan is being made; ask again. `not-needed`: its run ended without one.",
		}),
		outcome: z.string().optional(),
		code: z.string().optional().meta({ description: "How the run ended." }),
	})
	.meta({ id: "NoApproval", description: "An order that has come to no approval, or not yet." });

export const ApprovalRow = z.object({ ...shared, state: State, decidedBy: Actor.optional() });

export const ApprovalList = z
	.object({
		approvals: z.array(ApprovalRow),
		next: z.string().optional().meta({ description: "The next page, as a path; absent where none is left." }),
	})
	.meta({ id: "ApprovalList", description: "The latest first." });

export const Freeze = z
	.object({
		id: z.string().optional().meta({ description: "Absent for a freeze of the configuration, which ends only there." }),
		from: time,
		until: time,
		reason: z.string(),
		by: Actor.optional(),
		secret: z.string().optional().meta({ description: "Only for this one." }),
		namespace: z.string().optional().meta({ description: "Only for those with a consumer in this namespace." }),
		secrets: z.array(z.string()).optional().meta({ description: "Only for these; of the configuration." }),
	})
	.meta({ id: "Freeze", description: "A time in which no rotation starts by itself." });

export const FreezeList = z
	.object({ freezes: z.array(Freeze).meta({ description: "Those that are on or still to come." }) })
	.meta({ id: "FreezeList" });
