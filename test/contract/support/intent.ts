import type { Intent } from "../../../src/lib/ports/audit-log.ts";

/** An intent as the boundary would have written it; the adapters only carry it. */
export const intent = {
	rotationId: "db-password.00000000-0000-4000-8000-000000000001",
	step: "roll",
	phase: "intent",
	attempt: "1",
	secretName: "db-password",
	actor: { kind: "timer" },
} as unknown as Intent;
