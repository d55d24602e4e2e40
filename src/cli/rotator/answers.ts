// What the API answers, by short names.

import type { AnswerOf } from "../../api/routes.ts";

export type Rotation = AnswerOf<"showRotation">["body"];
export type Consumer = NonNullable<Rotation["consumers"]>[number];
export type Pod = Consumer["pods"][number];
export type Problem = NonNullable<Rotation["problem"]>;
export type Secret = AnswerOf<"showSecret">["body"];
export type SecretList = AnswerOf<"listSecrets">["body"];
export type SecretRow = SecretList["secrets"][number];
export type RunList = AnswerOf<"listRotations">["body"];
export type EndedRun = RunList["rotations"][number];
export type Report = AnswerOf<"showCompliance">["body"];
export type Evidence = AnswerOf<"showEvidence">["body"];
export type AppHealth = AnswerOf<"showHealth">["body"];
export type Diagnosis = AnswerOf<"askDoctor">["body"];
export type FoundRight = Diagnosis["app"][number]["rights"][number];
export type FoundSystem = Diagnosis["app"][number];
export type AuditRecord = AnswerOf<"showAudit">["body"]["records"][number];
export type Approval = AnswerOf<"showApproval">["body"];
export type ApprovalList = AnswerOf<"listApprovals">["body"];
export type FreezeList = AnswerOf<"listFreezes">["body"];
