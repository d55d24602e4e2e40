// Every command, in the order of the help. A new one is a file and a line here.

import type { Commands } from "../command.ts";
import { approvals } from "./approvals.ts";
import { approve } from "./approve.ts";
import { audit } from "./audit.ts";
import { auditVerify } from "./audit-verify.ts";
import { cancel } from "./cancel.ts";
import { completion } from "./completion.ts";
import { compliance } from "./compliance.ts";
import { complianceVerify } from "./compliance-verify.ts";
import { configCheck } from "./config-check.ts";
import { deliver } from "./deliver.ts";
import { discover } from "./discover.ts";
import { doctor } from "./doctor.ts";
import { freeze } from "./freeze.ts";
import { health } from "./health.ts";
import { help } from "./help.ts";
import { history } from "./history.ts";
import { notify } from "./notify.ts";
import { open } from "./open.ts";
import { reconcile } from "./reconcile.ts";
import { reject } from "./reject.ts";
import { restore } from "./restore.ts";
import { rollback } from "./rollback.ts";
import { rotate } from "./rotate.ts";
import { secrets } from "./secrets.ts";
import { show } from "./show.ts";
import { watch } from "./watch.ts";

export const commands: Commands = {
	secrets,
	show,
	rotate,
	watch,
	history,
	deliver,
	reconcile,
	rollback,
	cancel,
	approvals,
	approve,
	reject,
	freeze,
	compliance,
	"compliance verify": complianceVerify,
	audit,
	"audit verify": auditVerify,
	health,
	open,
	doctor,
	notify,
	discover,
	restore,
	"config check": configCheck,
	completion,
	help,
};
