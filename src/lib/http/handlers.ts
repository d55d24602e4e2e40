// The handler of each operation.

import type { OperationId } from "../../api/operations.ts";
import type { Handler } from "./answer.ts";
import { approve, listApprovals, reject, showApproval } from "./approvals.ts";
import { showAudit } from "./audit.ts";
import { cancelRotation } from "./cancellations.ts";
import { showCode } from "./code.ts";
import { showCompliance } from "./compliance.ts";
import { askDoctor } from "./doctor.ts";
import { showEvidence } from "./evidence.ts";
import { endFreeze, listFreezes, startFreeze } from "./freezes.ts";
import { showHealth } from "./health.ts";
import { listRotations, listRotationsOf } from "./lists.ts";
import { testNotification } from "./notifications.ts";
import { showRotation, startDelivery, startReconciliation, startRollback, startRotation } from "./rotations.ts";
import { showSecret } from "./secret.ts";
import { listSecrets } from "./secrets.ts";

export const handlers: Readonly<Record<OperationId, Handler>> = {
	listSecrets,
	showSecret,
	listRotationsOf,
	startRotation,
	startDelivery,
	startReconciliation,
	startRollback,
	listRotations,
	showRotation,
	cancelRotation,
	testNotification,
	listApprovals,
	showApproval,
	approve,
	reject,
	listFreezes,
	startFreeze,
	endFreeze,
	showCompliance,
	showEvidence,
	showHealth,
	askDoctor,
	showCode,
	showAudit,
};
