// A rotation as the API shows it, and where it is to be seen.

import type { HttpRequest } from "@azure/functions";
import type { MonitorState } from "../../api/answers/rotation.ts";
import type { Outcome } from "../domain/codes.ts";
import { isLong } from "../domain/expectation.ts";
import type { RotationStatus } from "../domain/rotation.ts";

export const pollSeconds = "5";

const states: Readonly<Record<Outcome, MonitorState>> = {
	completed: "Succeeded",
	skipped: "Succeeded",
	planned: "Succeeded",
	refused: "Failed",
	compensated: "Failed",
	"published-not-delivered": "Failed",
	interrupted: "Failed",
	cancelled: "Canceled",
};

const stateOf = ({ outcome, steps }: RotationStatus): MonitorState => {
	if (outcome !== undefined) return states[outcome];
	return steps.length === 0 ? "NotStarted" : "Running";
};

/** @param at when it is shown */
export const shown = (status: RotationStatus, at: Date) => ({
	id: status.rotationId,
	status: stateOf(status),
	...status,
	...(isLong(status, at) && { long: true as const }),
});

/**
 * Headers that lead to a rotation which is not over.
 * @see https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md (long-running operations)
 */
export function placeOf({ url }: Pick<HttpRequest, "url">, rotationId: string): Record<string, string> {
	const path = `/api/rotations/${rotationId}`;
	return { Location: path, "operation-location": new URL(path, url).href, "Retry-After": pollSeconds };
}

/** Of an order that waits for an approval, which shows how it goes on. */
export const approvalPlaceOf = ({ url }: Pick<HttpRequest, "url">, id: string): Record<string, string> => ({
	"operation-location": new URL(`/api/approvals/${id}`, url).href,
});
