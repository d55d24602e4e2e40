// What an auditor is given.

import * as z from "zod";

const time = z.string().meta({ description: "ISO 8601, in UTC." });
const hash = z.string().meta({ description: "SHA-256, hex." });
const count = z.int();

const SweepCounts = z
	.object({
		at: time,
		compliant: count,
		due: count,
		expired: count,
		unreadable: count,
		overdue: count.meta({ description: "A whole day late, or more." }),
		drift: count,
		unmanaged: count,
	})
	.meta({ id: "SweepCounts", description: "What a sweep found, in numbers." });

export const VaultCount = z
	.object({
		vault: z.string(),
		at: time.meta({ description: "When it was listed." }),
		listed: count,
		managed: count.meta({ description: "Entries of the configuration, and what is derived from them." }),
		pending: count,
		unmanaged: count.meta({ description: "Tagged `rotation`, without an entry in the configuration." }),
		others: count.meta({ description: "Neither tagged nor in the configuration." }),
	})
	.meta({ id: "VaultCount", description: "How many secrets a vault had when it was listed." });

const Exemption = z
	.object({
		vault: z.string(),
		secret: z.string().meta({ description: "Its name in the vault." }),
		owner: z.string(),
		reason: z.string(),
		until: z.string(),
		ended: z.boolean(),
		managed: z.boolean(),
	})
	.meta({ id: "Exemption" });

const PolicyClass = z
	.object({
		policyClass: z.string(),
		rationale: z.string(),
		riskAnalysis: z.string(),
		maxDays: count,
		secrets: count,
		overdue: count.meta({ description: "Exempt ones are not counted." }),
		rotations: count,
		late: count,
	})
	.meta({ id: "PolicyClass" });

const EvidenceRun = z
	.object({
		rotationId: z.string(),
		secret: z.string(),
		kind: z.string(),
		policyClass: z.string().optional(),
		requestedAt: time,
		by: z.enum(["operator", "event-grid", "timer", "app"]),
		who: z.string().optional().meta({ description: "An operator's object id, or an event's id." }),
		reason: z.string().optional(),
		approvedBy: z.string().optional(),
		breakGlass: z.literal(true).optional(),
		due: time.optional().meta({ description: "When what it replaced was due, by its plan's record." }),
		deadline: time.optional().meta({ description: "The last moment that its class allows, or its own expiry." }),
		done: time.optional().meta({ description: "When the new value was live." }),
		late: z.boolean(),
		version: z.string().optional(),
		endedAt: time.optional(),
		code: z.string().optional(),
		proof: z.array(z.object({ workload: z.string(), at: time, record: count })),
		records: z
			.object({ first: count, last: count, count })
			.meta({ description: "Its records on the signed audit log, by their numbers." }),
		configHash: hash.optional(),
	})
	.meta({ id: "EvidenceRun" });

const EvidenceSecret = z
	.object({
		secret: z.string(),
		vault: z.string(),
		name: z.string(),
		policyClass: z.string().optional(),
		rotateEveryDays: count,
		last: time.optional(),
		lastRotation: z.string().optional(),
		next: time.optional(),
		state: z.string(),
		overdue: z.boolean(),
		lateRotations: count,
		retired: time.optional(),
		drift: z.array(z.string()),
		problem: z.string().optional(),
		exemptUntil: z.string().optional(),
	})
	.meta({ id: "EvidenceSecret" });

const Head = z.object({
	asOf: time,
	period: z.object({ from: time, to: time }),
	scope: z.object({ vaults: z.array(z.string()), secrets: count }),
	tool: z.string(),
	version: z.string(),
	configHash: hash.optional(),
	configurationMissing: z
		.literal(true)
		.optional()
		.meta({ description: "The configuration of that day was not kept, or cannot be read by this version." }),
	rows: count,
	log: z.object({
		name: z.string(),
		verdict: z.enum(["whole", "broken"]),
		flaw: z.string().optional(),
		records: count,
		last: z.object({ seq: count, hash }),
		signedHead: z
			.object({
				head: z.object({ log: z.string(), seq: count, hash, time }),
				key: z.string(),
				jws: z.string(),
			})
			.optional(),
		headAgrees: z.boolean().optional(),
	}),
});

export const Trend = z.array(SweepCounts);
export const Classes = z.array(PolicyClass.omit({ rotations: true, late: true }));
export const Exemptions = z.array(Exemption);

export const Evidence = z
	.object({
		evidence: z.object({
			head: Head,
			classes: z.array(PolicyClass),
			population: z.object({
				sweptAt: time.optional(),
				reportDigest: hash.optional(),
				onLog: z.boolean().meta({ description: "Whether the audit log has the report's digest." }),
				vaults: z.array(VaultCount),
				unmanaged: z.array(z.object({ vault: z.string(), secret: z.string(), rotation: z.string() })),
			}),
			exemptions: Exemptions,
			secrets: z.array(EvidenceSecret),
			rotations: z.array(EvidenceRun),
			breakGlass: z.array(z.string()).meta({ description: "Ids of rotations that were ordered past an approval." }),
			trend: Trend,
		}),
		producedAt: time,
		key: z.string().optional().meta({ description: "The version of the key that signed." }),
		jws: z.string().optional().meta({
			description: "RFC 7515, ES256, detached: its payload is the RFC 8785 form of `evidence` and `producedAt`.",
		}),
	})
	.meta({ id: "Evidence", description: "Evidence of one day, signed with the key that signs the audit log's heads." });
