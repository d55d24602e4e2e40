// Follows a rotation over the service's own HTTP API, as an operator would.

import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

export interface Status {
	readonly rotationId: string;
	readonly outcome?: string;
	readonly code?: string;
	readonly now?: string;
	readonly steps: readonly { readonly name: string; readonly ms: number; readonly lastCode?: string }[];
	readonly problem?: { readonly code: string; readonly message: string; readonly next: string };
	/** A reconciliation's. */
	readonly drift?: readonly { readonly code: string }[];
	readonly changes?: readonly { readonly code: string; readonly what: string }[];
	readonly previousVersion?: string;
	readonly version?: string;
	readonly derived?: readonly { readonly secret: string; readonly version: string }[];
	readonly gapMs?: number;
	/** ISO 8601 */
	readonly endedAt?: string;
	readonly consumers?: readonly ConsumerStatus[];
}

interface ConsumerStatus {
	readonly workload: string;
	readonly delivered: boolean;
	readonly awaits?: string;
	readonly pods: readonly PodProof[];
	readonly together?: { readonly rolledBy: string };
}

export interface PodProof {
	readonly pod: string;
	readonly ready: boolean;
	readonly version?: string;
	readonly provedBy?: string;
}

/** The rotation of a secret that runs now, or that ended last. */
export async function rotationOf(stack: Stack, secret: string): Promise<string | undefined> {
	const answer = await stack.api(`secrets/${secret}`, { roles: ["Rotation.Read"] });
	if (!answer.ok) throw new Error(`GET /api/secrets/${secret}: ${answer.status}`);
	const found = (await answer.json()) as { running?: { rotationId: string }; last?: { rotationId: string } };
	return found.running?.rotationId ?? found.last?.rotationId;
}

/** Follows it to its end. `onStatus` gets each status that is new. */
export async function follow(
	stack: Stack,
	rotationId: string,
	options: { seconds: number; onStatus?: (status: Status) => void; signal?: AbortSignal },
): Promise<Status> {
	const { seconds, onStatus, signal } = options;
	let seen = "";
	const ended = async () => {
		const answer = await stack.api(`rotations/${rotationId}`, { roles: ["Rotation.Read"] });
		if (!answer.ok) return undefined;
		const status = (await answer.json()) as Status;
		const text = JSON.stringify(status);
		if (text !== seen) onStatus?.(status);
		seen = text;
		return status.outcome === undefined ? undefined : status;
	};
	return until(`rotation ${rotationId}`, seconds, ended, signal);
}
