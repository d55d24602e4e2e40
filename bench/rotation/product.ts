// The product on the same stack: its critical section by itself, in this process with its real adapters; and the whole
// rotation in the host, asked for over the HTTP API.

import { randomUUID } from "node:crypto";
import { follow } from "../../local/rotation-watch.ts";
import type { Stack } from "../../local/stack.ts";
import { composePorts } from "../../src/lib/composition.ts";
import type { Perform } from "../../src/lib/ports/effect.ts";
import { isRefusal, type Refusal } from "../../src/lib/steps/boundary.ts";
import { activities } from "../../src/lib/steps/index.ts";
import { type Calls, callsOf } from "./calls.ts";
import { retirePending } from "./floor.ts";
import type { HubCost, TaskHub } from "./task-hub.ts";

export interface ProductRotation {
	/** From the request to the new version readable in the vault. */
	readonly publishedMs: number;
	/** From then to the end of the last consumer's delivery. */
	readonly deliveredMs: number;
	readonly gapMs: number;
	readonly hub: HubCost;
	readonly calls: Calls;
}

export interface ProductSwitch {
	readonly criticalMs: number;
	readonly gapMs: number;
	/** By system: calls, and how long they took; some come side by side. */
	readonly spent: ReadonlyMap<string, { readonly calls: number; readonly ms: number }>;
}

export interface Product {
	/** The activity `switch` alone; what goes before it is not measured. */
	switchOnly(): Promise<ProductSwitch>;
	/** Lets the host make its clients: the plan needs them all. */
	dryRun(): Promise<void>;
	rotate(): Promise<ProductRotation>;
}

const secret = "db-password";

export function productOn(stack: Stack, hub: TaskHub, signal: AbortSignal): Product {
	// The identity SDK looks nowhere else.
	Object.assign(process.env, stack.settings);
	const spent = new Map<string, { calls: number; ms: number }>();
	const perform: Perform = async (effect, act) => {
		const [system = ""] = effect.split(" ");
		const begun = performance.now();
		try {
			return await act();
		} finally {
			const { calls, ms } = spent.get(system) ?? { calls: 0, ms: 0 };
			spent.set(system, { calls: calls + 1, ms: ms + performance.now() - begun });
		}
	};
	const ports = composePorts(stack.settings, {
		perform,
		instances: { renew: async () => ({ live: 1, rank: 0, isNew: true }) },
	});
	const request = async (body: object): Promise<string> => {
		const answer = await stack.api(`secrets/${secret}/rotations`, { method: "POST", body });
		if (answer.status !== 202) throw new Error(`The rotation was not accepted: HTTP ${answer.status}`);
		return ((await answer.json()) as { rotationId: string }).rotationId;
	};
	const ended = async (rotationId: string, wanted: string) => {
		const status = await follow(stack, rotationId, { seconds: 120, signal });
		if (status.outcome !== wanted) throw new Error(`The rotation ended as ${status.outcome}: ${status.code}`);
		return status;
	};
	const liveVersion = () => stack.vault.owner.get(secret)?.version ?? "";

	return {
		async switchOnly() {
			const rotationId = `${secret}.${randomUUID()}`;
			const actor = { kind: "app" } as const;
			const input = { rotationId, secret, actor, credentialId: rotationId, baseVersion: liveVersion() };
			const run = { attempt: randomUUID(), tell: () => {} };
			const { pendingVersion } = accepted(await activities.createSecret(ports, input, run));
			const source = { secret: "pending", version: pendingVersion } as const;
			spent.clear();
			const begun = performance.now();
			const { gapMs = Number.NaN } = accepted(await activities.switch(ports, { ...input, source }, run));
			const criticalMs = performance.now() - begun;
			retirePending(stack);
			return { criticalMs, gapMs, spent: new Map(spent) };
		},

		async dryRun() {
			await ended(await request({ force: true, dryRun: true }), "planned");
		},

		async rotate() {
			const before = liveVersion();
			let published = Number.NaN;
			const watch = setInterval(() => {
				if (Number.isNaN(published) && liveVersion() !== before) published = Date.now();
			}, 5);
			try {
				let [hubCost, times]: [HubCost?, Omit<ProductRotation, "hub" | "calls">?] = [];
				const rotated = async () => {
					const begun = Date.now();
					const rotationId = await request({ force: true });
					const { gapMs = Number.NaN, endedAt = "" } = await ended(rotationId, "completed");
					times = { publishedMs: published - begun, deliveredMs: Date.parse(endedAt) - published, gapMs };
					return rotationId;
				};
				const calls = await callsOf(stack, async () => {
					hubCost = await hub.costOf(rotated);
				});
				return { ...times!, hub: hubCost!, calls };
			} finally {
				clearInterval(watch);
			}
		},
	};
}

function accepted<T>(answer: T | Refusal): T {
	if (isRefusal(answer)) throw new Error(answer.refused.message);
	return answer;
}
