// The registry of activities: what is not here cannot be called (an unregistered activity would hang its rotation for ever).

import { askApproval } from "./ask-approval.ts";
import { atBoundary } from "./boundary.ts";
import { createSecret } from "./create-secret.ts";
import { checkCopy, checkRollout, roll, verify } from "./deliver.ts";
import { sendNotification } from "./notify.ts";
import { marked } from "./open-switch.ts";
import { plan } from "./plan.ts";
import { planDelivery } from "./plan-delivery.ts";
import { adopt, planReconciliation, restore } from "./reconcile.ts";
import { finish, note } from "./record.ts";
import { refresh } from "./refresh.ts";
import { planRetirement, retireValue } from "./retire.ts";
import { revoke } from "./revoke.ts";
import { signHead } from "./sign-head.ts";
import { switchCredential } from "./switch/index.ts";
import { checkOthers } from "./together.ts";
import { writeEvent } from "./write-event.ts";

export const activities = {
	plan: atBoundary("plan", plan),
	askApproval: atBoundary("askApproval", askApproval),
	planDelivery: atBoundary("planDelivery", planDelivery),
	planReconciliation: atBoundary("planReconciliation", planReconciliation),
	restore: atBoundary("restore", restore),
	adopt: atBoundary("adopt", adopt),
	planRetirement: atBoundary("planRetirement", planRetirement),
	retireValue: atBoundary("retireValue", retireValue),
	revoke: atBoundary("revoke", revoke),
	createSecret: atBoundary("createSecret", createSecret),
	switch: atBoundary("switch", marked(switchCredential)),
	refresh: atBoundary("refresh", refresh),
	checkCopy: atBoundary("checkCopy", checkCopy),
	checkOthers: atBoundary("checkOthers", checkOthers),
	roll: atBoundary("roll", roll),
	checkRollout: atBoundary("checkRollout", checkRollout),
	verify: atBoundary("verify", verify),
	writeEvent: atBoundary("writeEvent", writeEvent),
	note: atBoundary("note", note),
	finish: atBoundary("finish", finish),
	sendNotification: atBoundary("sendNotification", sendNotification),
	signHead: atBoundary("signHead", signHead),
};

export type StepActivities = typeof activities;
