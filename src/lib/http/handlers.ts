// The handler of each operation.

import type { OperationId } from "../../api/operations.ts";
import type { Handler } from "./answer.ts";
import { showAudit } from "./audit.ts";
import { cancelRotation } from "./cancellations.ts";
import { showCompliance } from "./compliance.ts";
import { showRotation, startDelivery, startReconciliation, startRollback, startRotation } from "./rotations.ts";
import { listSecrets } from "./secrets.ts";

export const handlers: Readonly<Record<OperationId, Handler>> = {
	listSecrets,
	startRotation,
	startDelivery,
	startReconciliation,
	startRollback,
	showRotation,
	cancelRotation,
	showCompliance,
	showAudit,
};
