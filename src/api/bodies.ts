// What orders carry. A message is the end of a sentence that begins with the field's name.
// RQS1. Unknown fields are refused, not ignored. Otherwise: `{"dryrun": true}` rotates.
// RQS2. A message repeats nothing that was sent, except numbers of characters and what a reason may not have.

import * as z from "zod";
import { longestFreezeDays } from "../lib/domain/freeze.ts";
import { longestReason, wrongWithReason } from "../lib/domain/reason.ts";

/** What a caller may call an order: the same again means the same order, not a second one. */
export const IdempotencyKey = z
	.string()
	.regex(/^[!-~]{1,128}$/, { error: "1 to 128 visible ASCII characters" })
	.optional()
	.meta({
		description:
			"A key of your own for this order, such as a UUID. Sent again with the same key, it is not a second order: the answer says how the first one stands.",
		example: "5f0e7a52-6f0b-4a1e-9d0b-0f5d9a1c7b3e",
	});

const flag = (description: string) =>
	z.boolean({ error: "is neither true nor false" }).default(false).meta({ description });
/** Where a person should see the plan first. */
const dryRunFirst = z
	.boolean({ error: "is neither true nor false" })
	.default(true)
	.meta({ description: "Answer with the plan and change nothing; true unless it says otherwise." });
const dryRun = flag("Answer with the plan and change nothing.");
const words = z
	.string({ error: ({ input }) => (input === undefined ? "is missing; say why" : "is not text") })
	.superRefine((value, context) => {
		const message = wrongWithReason(value);
		if (message !== undefined) context.addIssue({ code: "custom", message });
	});
const given = words.meta({
	description: `Why, for the audit log: 1 to ${longestReason} characters, a sentence or a ticket's address; never a credential.`,
	example: "CHG-1912: agreed with the team on call",
});
const reason = words.optional().meta({
	description: `Why, for the audit log: 1 to ${longestReason} characters, a sentence or a ticket's address; never a credential.`,
	example: "INC-4711: the laptop was stolen",
});

const versionId = z
	.string({ error: "is not text" })
	.regex(/^[0-9a-f]{32}$/, { error: "is not a version of Key Vault's" })
	.optional();
const seenVersion = versionId.meta({
	description: "The live version that a dry run has shown: another one by now is refused.",
});

/** Said by the check below, as an issue of the field that is missing. */
const reasonMissing = { code: "custom", path: ["reason"], message: "is missing; with breakGlass say why" } as const;
const breakGlass = flag(
	"Do it without the approval that the secret needs: takes the app role `Rotation.BreakGlass` and a reason, and sets off an alert.",
);
/** Nobody goes past an approval without a word. */
const withReason = ({ value }: { value: { breakGlass: boolean; reason?: string | undefined } }, issues: unknown[]) => {
	if (value.breakGlass && value.reason === undefined) issues.push({ ...reasonMissing, input: undefined });
};

const object = { error: "is no JSON object" };
/** `POST /api/secrets/{name}/rotations` */
export const RotationBody = z
	.strictObject(
		{
			reason,
			dryRun,
			force: flag("Make a new password although none is due."),
			compromised: flag(
				"Somebody else knows the live value: it is replaced at once and everything it opens is closed. Includes `force`.",
			),
			breakGlass,
		},
		object,
	)
	.check((context) => withReason(context, context.issues))
	// What somebody else knows is not left alone because it is not due.
	.transform(({ force, ...body }) => ({ ...body, force: force || body.compromised }));
const directions = ["database-from-vault", "new-password"] as const;
/** `POST /api/secrets/{name}/reconciliations`: a dry run unless it says otherwise. */
export const ReconciliationBody = z
	.strictObject(
		{
			direction: z
				.enum(directions, { error: `is none of ${directions.join(", ")}` })
				.meta({ description: "Which side is right: the vault, or neither (a new password is made)." }),
			reason,
			dryRun: dryRunFirst,
			version: seenVersion,
			breakGlass,
		},
		object,
	)
	.check((context) => withReason(context, context.issues));
/** `POST /api/secrets/{name}/rollbacks`: a dry run unless it says otherwise. */
export const RollbackBody = z
	.strictObject(
		{
			to: versionId.meta({
				description:
					"Whose value is to be live again; without it the newest earlier version that has another value than the live one.",
			}),
			reason,
			dryRun: dryRunFirst,
			version: seenVersion,
			breakGlass,
		},
		object,
	)
	.check((context) => withReason(context, context.issues));
/** `POST /api/rotations/{id}/cancellations` */
export const CancellationBody = z.strictObject({ reason }, object);
/** `POST /api/notifications/{channel}/tests` */
export const TestBody = z.strictObject({ reason }, object);
/** `POST /api/doctor` */
export const DoctorBody = z.strictObject(
	{
		secret: z
			.string({ error: "is not text" })
			.regex(/^[0-9a-zA-Z-]{1,119}$/, { error: "is not a secret's name" })
			.optional()
			.meta({ description: "Only this managed secret, by its id; without it all of them.", example: "db-password" }),
	},
	object,
);
/** `POST /api/secrets/{name}/deliveries` */
export const DeliveryBody = z.strictObject({ reason, dryRun }, object);
/** `POST /api/approvals/{id}/approve`, `.../reject` */
export const DecisionBody = z.strictObject({ reason: given }, object);

const time = z
	.string({ error: ({ input }) => (input === undefined ? "is missing" : "is not text") })
	.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/, {
		error: "is not a time with its offset; give 2026-12-20T00:00:00+01:00",
	})
	.refine((value) => !Number.isNaN(Date.parse(value)), { error: "is not a time" });
/** `POST /api/freezes` */
export const FreezeBody = z
	.strictObject(
		{
			until: time.meta({
				description: `When it ends, with its offset, within ${longestFreezeDays} days.`,
				example: "2026-12-20T00:00:00+01:00",
			}),
			reason: given,
			secret: z
				.string({ error: "is not text" })
				.regex(/^[0-9a-zA-Z-]{1,119}$/, { error: "is not 1 to 119 letters, digits and hyphens" })
				.optional()
				.meta({ description: "Only for this managed secret. Without it and `namespace`: for all." }),
			namespace: z
				.string({ error: "is not text" })
				.regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, { error: "is not a namespace of Kubernetes" })
				.optional()
				.meta({ description: "Only for secrets of an application: those with a consumer in this namespace." }),
		},
		object,
	)
	.check(({ value, issues }) => {
		if (value.secret !== undefined && value.namespace !== undefined)
			issues.push({
				code: "custom",
				path: ["namespace"],
				message: "is given besides secret; one of the two",
				input: undefined,
			});
	});
/** `POST /api/freezes/{id}/end` */
export const FreezeEndBody = z.strictObject({ reason: given }, object);
