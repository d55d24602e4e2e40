// What each call takes and answers. The same table checks requests, types the handlers and the client, and is written to
// docs/openapi.json.
// RTS1. Every operation is here, and nothing else is (the type says so). Otherwise: a call that nothing checks, or a document of
//       one that does not exist.

import type * as z from "zod";
import { Approval, ApprovalList, Freeze, FreezeList, NoApproval } from "./answers/approval.ts";
import { AuditPage } from "./answers/audit.ts";
import { Code } from "./answers/code.ts";
import { Compliance } from "./answers/compliance.ts";
import { Diagnosis } from "./answers/doctor.ts";
import { Evidence } from "./answers/evidence.ts";
import { AppHealth } from "./answers/health.ts";
import { TriedChannel } from "./answers/notification.ts";
import { AlreadyRunning, Rotation, RunList } from "./answers/rotation.ts";
import { Secret, SecretList } from "./answers/secret.ts";
import {
	CancellationBody,
	DecisionBody,
	DeliveryBody,
	DoctorBody,
	FreezeBody,
	FreezeEndBody,
	ReconciliationBody,
	RollbackBody,
	RotationBody,
	TestBody,
} from "./bodies.ts";
import type { OperationId } from "./operations.ts";
import {
	ApprovalsQuery,
	AuditQuery,
	EvidenceQuery,
	HistoryQuery,
	noParams,
	noQuery,
	ofApproval,
	ofChannel,
	ofCode,
	ofFreeze,
	ofRotation,
	ofSecret,
	RotationsQuery,
	SecretsQuery,
} from "./queries.ts";

export interface Route {
	/** A line, for people. */
	readonly summary: string;
	readonly description?: string;
	readonly params: z.ZodObject;
	readonly query: z.ZodObject;
	readonly body?: z.ZodType;
	/** An order may have a key (header `Idempotency-Key`). */
	readonly hasKey?: true;
	/** By status, with what that means. */
	readonly answers: Readonly<Record<number, readonly [means: string, body: z.ZodType, headers?: readonly Header[]]>>;
}

/** Headers of an answer, besides those that all have. */
export const headers = {
	Location: "Where the rotation is to be seen, as a path.",
	"operation-location": "The same as an absolute URL.",
	"Retry-After": "Seconds until it is worth asking again; absent once it is over.",
} as const;
type Header = keyof typeof headers;

const place = ["Location", "operation-location", "Retry-After"] as const;

const started = {
	202: [
		"It has started, or runs already: `Location` and `operation-location` say where it is to be seen. Of a secret that needs an approval the order only makes its plan, and `operation-location` leads to the approval that it waits for.",
		Rotation.or(AlreadyRunning),
		place,
	],
} as const;
const order = { params: ofSecret, query: noQuery, answers: started, hasKey: true } as const;

export const routes = {
	listSecrets: {
		summary: "All managed secrets, in pages",
		description:
			"As the last sweep found them, with what has ended since and what runs now. No vault, server or cluster is asked: `GET /api/secrets/{name}` looks at one of them now.",
		params: noParams,
		query: SecretsQuery,
		answers: { 200: ["A page, with how many there are of each state.", SecretList] },
	},
	showSecret: {
		summary: "One managed secret, looked at now",
		params: ofSecret,
		query: noQuery,
		answers: { 200: ["Its dates, its health, what runs and how the last runs ended.", Secret] },
	},
	listRotationsOf: {
		summary: "The runs of one secret that are over, the latest first",
		params: ofSecret,
		query: HistoryQuery,
		answers: { 200: ["A page; `next` leads to the one after it.", RunList] },
	},
	startRotation: {
		...order,
		summary: "Rotate a secret that is due, or any with force",
		description: "A secret that is not due ends as `skipped`. With `dryRun` the plan is made and nothing is changed.",
		body: RotationBody,
	},
	startDelivery: {
		...order,
		summary: "Bring the live version to its consumers again, without a new password",
		body: DeliveryBody,
	},
	startReconciliation: {
		...order,
		summary: "Repair drift, in the direction that you give",
		description: "A dry run unless the body says `dryRun: false`.",
		body: ReconciliationBody,
	},
	startRollback: {
		...order,
		summary: "Make an earlier value live again, as a new version",
		description: "A dry run unless the body says `dryRun: false`. It takes the same steps and proofs as a rotation.",
		body: RollbackBody,
	},
	listRotations: {
		summary: "What runs now, and what is over, the latest first",
		params: noParams,
		query: RotationsQuery,
		answers: { 200: ["A page; it may be empty and have a next one.", RunList] },
	},
	showRotation: {
		summary: "How a rotation stands, or how it ended",
		description: "`Retry-After` says when to ask again; it is absent once the rotation is over.",
		params: ofRotation,
		query: noQuery,
		answers: {
			200: ["Its steps, and once it is over its outcome and what each pod proves.", Rotation, ["Retry-After"]],
		},
	},
	cancelRotation: {
		summary: "Stop a rotation that has changed nothing yet",
		params: ofRotation,
		query: noQuery,
		body: CancellationBody,
		answers: {
			200: ["It is cancelled.", Rotation],
			202: ["It has not come to see it yet; ask again.", Rotation, place],
		},
	},
	testNotification: {
		summary: "Send a test to a channel of notifications, now",
		description: "Whatever its `on` says. It is tried once.",
		params: ofChannel,
		query: noQuery,
		body: TestBody,
		answers: { 200: ["The receiver has taken it.", TriedChannel] },
	},
	listApprovals: {
		summary: "Orders that wait for an approval, and what became of others, the latest first",
		params: noParams,
		query: ApprovalsQuery,
		answers: { 200: ["A page; it may be empty and have a next one.", ApprovalList] },
	},
	showApproval: {
		summary: "An order that waits for an approval: its plan, who asked and why",
		description:
			"By the order's id. While its plan is being made `Retry-After` says when to ask again; where the same was asked for before, the approval has that order's id.",
		params: ofApproval,
		query: noQuery,
		answers: { 200: ["How it stands.", Approval.or(NoApproval), ["Retry-After"]] },
	},
	approve: {
		summary: "Approve an order of somebody else's, and start it",
		description:
			"A person only, and another one than asked. Once more by the same person it changes nothing. The rotation begins if its plan is still the one that is shown.",
		params: ofApproval,
		query: noQuery,
		body: DecisionBody,
		answers: {
			202: [
				"It is approved; `Location` and `operation-location` say where the rotation is to be seen.",
				Approval,
				place,
			],
		},
	},
	reject: {
		summary: "Reject an order",
		description: "A person only. Once more by the same person it changes nothing.",
		params: ofApproval,
		query: noQuery,
		body: DecisionBody,
		answers: { 200: ["It is rejected.", Approval] },
	},
	listFreezes: {
		summary: "Freezes that are on or still to come, of operators and of the configuration",
		params: noParams,
		query: noQuery,
		answers: { 200: ["All of them.", FreezeList] },
	},
	startFreeze: {
		summary: "Let no rotation start by itself until a time, of all secrets, an application's or one",
		description:
			"What people order with force, what was cut short and deliveries go on, as in a freeze of the configuration.",
		params: noParams,
		query: noQuery,
		body: FreezeBody,
		answers: { 201: ["It is on.", Freeze] },
	},
	endFreeze: {
		summary: "End a freeze of operators'",
		description: "What waited for its end is started within ten minutes. Once more it changes nothing.",
		params: ofFreeze,
		query: noQuery,
		body: FreezeEndBody,
		answers: { 200: ["It is over.", Freeze] },
	},
	showCompliance: {
		summary: "The last sweep's report, with what is overdue, what is exempt, and the recent trend",
		params: noParams,
		query: noQuery,
		answers: { 200: ["Every managed secret, and what is not managed.", Compliance] },
	},
	showEvidence: {
		summary: "Evidence for an auditor, as of now or of a past day",
		description:
			"Put together from the audit log, which is verified as it is read, the configuration of that day and the sweep's report. A day that is over has the same bytes each time.",
		params: noParams,
		query: EvidenceQuery,
		answers: { 200: ["Population, policy classes, exemptions and rotations, signed.", Evidence] },
	},
	showHealth: {
		summary: "The app's own health",
		params: noParams,
		query: noQuery,
		answers: { 200: ["Its version, its configuration, its last sweep, and what cannot be reached.", AppHealth] },
	},
	askDoctor: {
		summary: "What the app may do at each system, and what is missing",
		description:
			"Every right of every rotation is asked of its own system, and nothing is done: logins, reads, reviews of access. What cannot be asked without an effect is `unknown`. It takes a minute at most; what has not answered by then is `unknown` too. It costs logins, and shows what the app may do: so it takes the right to operate.",
		params: noParams,
		query: noQuery,
		body: DoctorBody,
		answers: { 200: ["Per secret and system, each right, and the command that gives what is missing.", Diagnosis] },
	},
	showCode: {
		summary: "What a code means, and what to do next",
		description: "Where `type` of a problem leads. It needs no token: the texts are the same for everybody.",
		params: ofCode,
		query: noQuery,
		answers: { 200: ["The code explained.", Code] },
	},
	showAudit: {
		summary: "The audit log in pages",
		description: "As it is stored; `npm run audit:verify` says whether it is what was written.",
		params: noParams,
		query: AuditQuery,
		answers: { 200: ["A page; `next` leads to the one after it.", AuditPage] },
	},
} as const satisfies Readonly<Record<OperationId, Route>>;

type Routes = typeof routes;

export type ParamsOf<K extends OperationId> = z.output<Routes[K]["params"]>;
export type QueryOf<K extends OperationId> = z.output<Routes[K]["query"]>;
export type BodyOf<K extends OperationId> = Routes[K] extends { body: infer B extends z.ZodType }
	? z.output<B>
	: undefined;

type Named<P extends z.ZodObject> = z.input<P> extends Record<string, never> ? unknown : z.input<P>;
/** What a caller gives. */
export type GivenOf<K extends OperationId> = Named<Routes[K]["params"]> & {
	readonly query?: z.input<Routes[K]["query"]>;
} & (Routes[K] extends { hasKey: true } ? { readonly idempotencyKey?: string } : unknown) &
	(Routes[K] extends { body: infer B extends z.ZodType } ? { readonly body: z.input<B> } : unknown);

/** What the domain has is read-only all the way down. */
type Frozen<T> = T extends readonly (infer E)[]
	? readonly Frozen<E>[]
	: T extends object
		? { readonly [F in keyof T]: Frozen<T[F]> }
		: T;

type Answers<K extends OperationId> = Routes[K]["answers"];
/** A status with the body that belongs to it. */
export type AnswerOf<K extends OperationId> = {
	[S in keyof Answers<K>]: Answers<K>[S] extends readonly [string, infer B extends z.ZodType, ...unknown[]]
		? { readonly status: S; readonly body: Frozen<z.output<B>>; readonly headers?: Readonly<Record<string, string>> }
		: never;
}[keyof Answers<K>];
