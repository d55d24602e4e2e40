// What a code means: where the type of a problem leads.

import { changes, type Meanings, outcomes, reasons, steps, triggers } from "../domain/codes.ts";
import { explained, Fault, type FaultCode, faultCodes } from "../domain/fault.ts";
import { openly, reply } from "./handle.ts";

const kinds = { outcome: outcomes, reason: reasons, change: changes, step: steps, trigger: triggers } as const;

/** `GET /api/codes/{code}` */
export const showCode = openly("showCode", async ({ params: { code } }) => {
	// `cancelled` is a fault besides, whose sentence needs names.
	if (faultCodes.includes(code as FaultCode) && !Object.hasOwn(outcomes, code)) {
		const { says, next } = explained(code as FaultCode);
		return reply(200, { code, kind: "fault" as const, means: says, next });
	}
	for (const [kind, meanings] of Object.entries(kinds) as [keyof typeof kinds, Meanings][]) {
		const [means, next] = Object.hasOwn(meanings, code) ? meanings[code]! : [];
		if (means !== undefined) return reply(200, { code, kind, means, ...(next !== undefined && { next }) });
	}
	throw new Fault("code-unknown", { code });
});
