// What the API answers, by short names.

import type { AnswerOf } from "../api/routes.ts";

export type Rotation = AnswerOf<"showRotation">["body"];
export type Consumer = NonNullable<Rotation["consumers"]>[number];
export type Problem = NonNullable<Rotation["problem"]>;
export type Retrying = NonNullable<Rotation["retrying"]>;
export type Plan = NonNullable<Rotation["plan"]>;
export type Secret = AnswerOf<"showSecret">["body"];
export type SecretList = AnswerOf<"listSecrets">["body"];
export type SecretRow = SecretList["secrets"][number];
export type RunList = AnswerOf<"listRotations">["body"];
export type EndedRun = RunList["rotations"][number];
export type RunningRun = NonNullable<RunList["running"]>[number];
export type Report = AnswerOf<"showCompliance">["body"];
export type Approval = Extract<AnswerOf<"showApproval">["body"], { readonly plan: unknown }>;
export type ApprovalRow = AnswerOf<"listApprovals">["body"]["approvals"][number];
export type AuditRecord = AnswerOf<"showAudit">["body"]["records"][number];
