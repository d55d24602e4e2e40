// What callers send: names in the path, parameters of the query, bodies. A message is the end of a sentence that begins with the
// name of what is wrong.
// RQS1. Unknown fields are refused, not ignored. Otherwise: `{"dryrun": true}` rotates.
// RQS2. A message repeats nothing that was sent, but numbers of characters and what a reason may not have.

import * as z from "zod";
import { secretOfRotation } from "../lib/domain/ids.ts";
import { longestReason, wrongWithReason } from "../lib/domain/reason.ts";

const secretId = z
	.string()
	.regex(/^[0-9a-zA-Z-]{1,119}$/, { error: "1 to 119 letters, digits and hyphens" })
	.meta({
		title: "secret's name",
		description: "The managed secret's id: its key in the configuration.",
		example: "db-password",
	});

const isRotationId = (id: string): boolean => secretOfRotation(id) !== undefined;
const rotationId = z.string().refine(isRotationId, { error: "a secret's name, a dot and a UUID" }).meta({
	title: "rotation's id",
	description: "`<secret>.<uuid>`, as the answer to the order names it.",
	example: "db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3",
});

export const noParams = z.strictObject({});
export const ofSecret = z.strictObject({ name: secretId });
export const ofRotation = z.strictObject({ id: rotationId });

export const noQuery = z.strictObject({});

const mostRecords = 1000;
const isLimit = (value: string) => /^[1-9]\d{0,3}$/.test(value) && Number(value) <= mostRecords;
const isTime = (value: string): boolean =>
	/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z)?$/.test(value) && !Number.isNaN(Date.parse(value));
const time = z
	.string()
	.refine(isTime, { error: "is not a date or a UTC time: 2026-11-01 or 2026-11-01T10:00:00Z" })
	.transform((value) => new Date(value).toISOString());

/** `GET /api/audit` */
export const AuditQuery = z
	.strictObject({
		rotation: z
			.string()
			.refine(isRotationId, { error: "is not a secret's name, a dot and a UUID" })
			.optional()
			.meta({ description: "Records of this rotation only." }),
		secret: z
			.string()
			.regex(/^[0-9a-zA-Z-]{1,119}$/, { error: "is not 1 to 119 letters, digits and hyphens" })
			.optional()
			.meta({ description: "Records of this managed secret only." }),
		from: time.optional().meta({ description: "Records from this time on: a date, or a time in UTC." }),
		to: time.optional().meta({ description: "Records before this time." }),
		limit: z
			.string()
			.refine(isLimit, { error: `is not a number from 1 to ${mostRecords}` })
			.default("100")
			.transform(Number)
			.meta({ description: `Records of a page, at most: 1 to ${mostRecords}.` }),
		continuation: z.string().optional().meta({ description: "Taken from `next` of the page before." }),
	})
	.superRefine(({ from, to }, context) => {
		if (from !== undefined && to !== undefined && from >= to)
			context.addIssue({ code: "custom", path: ["to"], message: "is not later than from" });
	});
export type AuditQuery = z.output<typeof AuditQuery>;

const flag = (description: string) =>
	z.boolean({ error: "is neither true nor false" }).default(false).meta({ description });
/** Where a person should see the plan first. */
const dryRunFirst = z
	.boolean({ error: "is neither true nor false" })
	.default(true)
	.meta({ description: "Answer with the plan and change nothing; true unless it says otherwise." });
const dryRun = flag("Answer with the plan and change nothing.");
const reason = z
	.string({ error: "is no text" })
	.superRefine((value, context) => {
		const message = wrongWithReason(value);
		if (message !== undefined) context.addIssue({ code: "custom", message });
	})
	.optional()
	.meta({
		description: `Why, for the audit log: 1 to ${longestReason} characters, a sentence or a ticket's address; never a credential.`,
		example: "INC-4711: the laptop was stolen",
	});

const versionId = z
	.string({ error: "is no text" })
	.regex(/^[0-9a-f]{32}$/, { error: "is no version of Key Vault's" })
	.optional();
const seenVersion = versionId.meta({
	description: "The live version that a dry run has shown: another one by now is refused.",
});

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
		},
		object,
	)
	// What somebody else knows is not left alone because it is not due.
	.transform(({ force, ...body }) => ({ ...body, force: force || body.compromised }));
const directions = ["database-from-vault", "new-password"] as const;
/** `POST /api/secrets/{name}/reconciliations`: a dry run unless it says otherwise. */
export const ReconciliationBody = z.strictObject(
	{
		direction: z
			.enum(directions, { error: `is none of ${directions.join(", ")}` })
			.meta({ description: "Which side is right: the vault, or neither (a new password is made)." }),
		reason,
		dryRun: dryRunFirst,
		version: seenVersion,
	},
	object,
);
/** `POST /api/secrets/{name}/rollbacks`: a dry run unless it says otherwise. */
export const RollbackBody = z.strictObject(
	{
		to: versionId.meta({
			description:
				"Whose value is to be live again; without it the newest earlier version that has another value than the live one.",
		}),
		reason,
		dryRun: dryRunFirst,
		version: seenVersion,
	},
	object,
);
/** `POST /api/rotations/{id}/cancellations` */
export const CancellationBody = z.strictObject({ reason }, object);
/** `POST /api/secrets/{name}/deliveries` */
export const DeliveryBody = z.strictObject({ reason, dryRun }, object);
