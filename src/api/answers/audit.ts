// Records of the audit log, as they are stored.

import * as z from "zod";

const hash = z.string().meta({ description: "SHA-256, hex." });

/** What a record is about; the rest of `data` is OCSF's, by its own names. */
const AuditData = z.object({
	seq: z.int(),
	prevHash: hash.meta({ description: "`hash` of the record before; 64 zeros in the first one." }),
	hash: hash.meta({ description: "SHA-256 of the record's RFC 8785 form without this field, hex." }),
	continuedIn: z.string().optional().meta({ description: "The blob that the chain goes on in." }),
	rotationId: z.string(),
	step: z.string(),
	phase: z.enum(["intent", "outcome", "note"]),
	attempt: z.string(),
	secretName: z.string().meta({ description: "The managed secret's id." }),
	code: z.string().optional(),
	message: z.string().optional(),
	oldVersion: z.string().optional(),
	newVersion: z.string().optional(),
	vault: z.string().optional(),
	server: z.string().optional(),
	role: z.string().optional(),
	cluster: z.string().optional(),
	workload: z.string().optional(),
	correlationId: z.string().optional().meta({ description: "The rotation that generated the credential." }),
	configHash: hash.optional(),
	due: z.string().optional().meta({ description: "When the live version was due: a plan's." }),
	category_uid: z.literal(3),
	class_uid: z.literal(3001),
	activity_id: z.literal(3),
	type_uid: z.literal(300103),
	severity_id: z.int(),
	time: z.int().meta({ description: "Milliseconds since 1970." }),
	status_id: z.union([z.literal(1), z.literal(2), z.literal(99)]),
	status: z.string(),
	status_code: z.string().optional(),
	metadata: z.object({ version: z.string(), product: z.object({ name: z.string(), vendor_name: z.string() }) }),
	actor: z.object({
		user: z.object({
			uid: z.string().optional(),
			type_id: z.union([z.literal(1), z.literal(3)]),
			type: z.enum(["operator", "event-grid", "timer", "app"]),
		}),
		app_uid: z.string().optional(),
	}),
	user: z.object({ name: z.string(), domain: z.string().optional() }),
});

export const AuditRecord = z
	.object({
		specversion: z.literal("1.0"),
		id: hash,
		source: z.string(),
		type: z.string().meta({ example: "com.titanic-secret-rotator.rotation.plan.outcome" }),
		subject: z.string(),
		time: z.string(),
		datacontenttype: z.literal("application/json"),
		data: AuditData,
	})
	.meta({
		id: "AuditRecord",
		description:
			"A CloudEvents 1.0 event whose data is an event of OCSF class 3001, linked to the record before by its hash.",
	});

export const AuditPage = z
	.object({
		records: z.array(AuditRecord),
		next: z.string().optional().meta({ description: "The next page, as a path; absent where none is left." }),
	})
	.meta({
		id: "AuditPage",
		description: "May be empty and have a next page: one call reads a bounded part of the log.",
	});
