// Names in the path, and parameters of the query. A message is the end of a sentence that begins with the name of what is wrong,
// or says what it should be.

import * as z from "zod";
import { approvalStates } from "../lib/domain/approval.ts";
import { outcomes } from "../lib/domain/codes.ts";
import { states as healthStates } from "../lib/domain/health.ts";
import { secretOfRotation } from "../lib/domain/ids.ts";
import { listStates, sorts } from "../lib/domain/secret-list.ts";

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

export const ofChannel = z.strictObject({
	channel: z
		.string()
		.regex(/^[0-9a-zA-Z-]{1,64}$/, { error: "1 to 64 letters, digits and hyphens" })
		.meta({ title: "channel", description: "A key of `notifications` in the configuration.", example: "ops" }),
});

export const ofApproval = z.strictObject({
	id: z.string().refine(isRotationId, { error: "a secret's name, a dot and a UUID" }).meta({
		title: "approval's id",
		description: "The id of the order that waits for it.",
		example: "db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3",
	}),
});
export const ofFreeze = z.strictObject({
	id: z
		.string()
		.regex(/^[0-9a-f-]{36}$/, { error: "a UUID" })
		.meta({
			title: "freeze's id",
			description: "As `GET /api/freezes` lists it.",
			example: "2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3",
		}),
});

export const ofCode = z.strictObject({
	code: z
		.string()
		.regex(/^[a-z][a-z0-9-]{1,60}$/, { error: "2 to 61 small letters, digits and hyphens" })
		.meta({
			title: "code",
			description: "As a status, a record or a problem carries it.",
			example: "rotation-running",
		}),
});

export const noQuery = z.strictObject({});

const limit = (what: string, usual: number, most: number) =>
	z
		.string()
		.refine((value) => /^[1-9]\d{0,3}$/.test(value) && Number(value) <= most, {
			error: `is not a number from 1 to ${most}`,
		})
		.default(`${usual}`)
		.transform(Number)
		.meta({ description: `${what} of a page, at most: 1 to ${most}.` });
const continuation = z.string().optional().meta({ description: "Taken from `next` of the page before." });
const oneOf = <T extends string>(names: readonly [T, ...T[]] | readonly T[]) =>
	z.enum(names as readonly [T, ...T[]], { error: `is none of ${names.join(", ")}` });

const isTime = (value: string): boolean =>
	/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z)?$/.test(value) && !Number.isNaN(Date.parse(value));
const time = z
	.string()
	.refine(isTime, { error: "is not a date or a UTC time: 2026-11-01 or 2026-11-01T10:00:00Z" })
	.transform((value) => new Date(value).toISOString());

/** `GET /api/secrets` */
export const SecretsQuery = z.strictObject({
	text: z
		.string()
		.max(120, { error: "has more than 120 characters" })
		.optional()
		.meta({ description: "Part of a secret's id, name or vault, or of a workload, in whatever case." }),
	state: oneOf(listStates).optional().meta({ description: "By their dates alone." }),
	health: oneOf(healthStates).optional(),
	running: oneOf(["true", "false"] as const)
		.transform((value) => value === "true")
		.optional()
		.meta({ description: "Only those for which something runs, or nothing does." }),
	sort: oneOf(sorts)
		.default("attention")
		.meta({ description: "`attention`: what needs a person first, then what runs, then what is due soonest." }),
	overview: oneOf(["true", "false"] as const)
		.default("false")
		.transform((value) => value === "true")
		.meta({ description: "Also what needs a person and what runs, of all secrets, whatever else is asked for." }),
	limit: limit("Secrets", 50, 200),
	continuation,
});

const outcomeNames = Object.keys(outcomes) as (keyof typeof outcomes)[];

/** `GET /api/rotations` */
export const RotationsQuery = z.strictObject({
	outcome: oneOf(outcomeNames).optional().meta({ description: "Only runs that ended so." }),
	since: time.optional().meta({ description: "Runs that ended from this time on." }),
	limit: limit("Runs", 50, 200),
	continuation,
});

/** `GET /api/approvals` */
export const ApprovalsQuery = z.strictObject({
	state: oneOf(approvalStates).optional().meta({ description: "Only those in this state." }),
	limit: limit("Approvals", 50, 200),
	continuation,
});

/** `GET /api/secrets/{name}/rotations` */
export const HistoryQuery = z.strictObject({ limit: limit("Runs", 50, 200), continuation });

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
		limit: limit("Records", 100, 1000),
		continuation,
	})
	.superRefine(({ from, to }, context) => {
		if (from !== undefined && to !== undefined && from >= to)
			context.addIssue({ code: "custom", path: ["to"], message: "is not later than from" });
	});
const date = z.string().refine((value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && isTime(value) && value >= "2000-01-01", {
	error: "is not a date: 2026-11-01",
});

/** `GET /api/compliance/evidence` */
export const EvidenceQuery = z
	.strictObject({
		asOf: date
			.optional()
			.meta({ description: "As it was at the end of this day, in UTC. Absent, or today: as it is now." }),
		from: date.optional().meta({ description: "Rotations from this day on. Absent: of a year." }),
		to: date.optional().meta({ description: "Rotations up to the end of this day. Absent: up to `asOf`." }),
	})
	.superRefine(({ from, to }, context) => {
		if (from !== undefined && to !== undefined && from > to)
			context.addIssue({ code: "custom", path: ["to"], message: "is before from" });
	});
export type EvidenceQuery = z.output<typeof EvidenceQuery>;
export type AuditQuery = z.output<typeof AuditQuery>;
export type ApprovalsQuery = z.output<typeof ApprovalsQuery>;
export type RotationsQuery = z.output<typeof RotationsQuery>;
export type SecretsQuery = z.output<typeof SecretsQuery>;
