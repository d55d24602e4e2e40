// Whether a rotation has two steps: every pod accepts the new key, and then it signs. And what is lost where it has not.
// TW1. Anyone who says that a key is compromised gets no old key accepted: the rotation has one step, and what must not be believed
//      any longer is not believed while pods are restarted twice. The plan says what ends by that. Kept by: fallbacks.test.ts.

import { Fault } from "../domain/fault.ts";
import type { Facts } from "../domain/policy.ts";
import type { RollbackRequest, RotateRequest } from "../domain/requests/index.ts";
import type { Checklist } from "./checklist.ts";
import { saysCompromised } from "./compromised.ts";
import type { Managed } from "./managed.ts";

type Order = RotateRequest | RollbackRequest;

/** Only of a secret that has fallbacks: of any other one nothing old is accepted anyway. */
const isCompromised = ({ content }: Managed, request: Order): boolean =>
	content.keyring !== undefined && saysCompromised(request);

export const hasTwoSteps = ({ content }: Managed, isCompromised: boolean): boolean =>
	content.keyring !== undefined && !isCompromised;

export const triggerOf = (target: Managed, request: Order): Facts["trigger"] => {
	if (request.kind === "rollback") return { force: true, rollsBack: true };
	const { seenVersion, force } = request;
	return { seenVersion, force, ...(isCompromised(target, request) && { compromised: true }) };
};

/** Reports what ends where sessions could go on. */
export async function sessionsGoOn(target: Managed, request: Order, checks: Checklist): Promise<void> {
	const { content, name, secret } = target;
	if (!content.keyring) return;
	const lost = isCompromised(target, request)
		? new Fault("sessions-end", { vault: secret.vault, secret: name })
		: undefined;
	const goOn = "What was signed with the key before is accepted until it runs out.";
	await checks.look(
		goOn,
		async () => lost,
		() => "warned",
	);
}
