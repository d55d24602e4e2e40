// A sweep on the local stack: begun by hand, and followed to its end.
// There is one instance of it, and a call that comes before its end begins nothing: so one that is under way is waited for, before
// and after. Otherwise: the report that is waited for never comes.

import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

/** The report of the last sweep, once that is over. */
export async function complianceOf<T extends { readonly at: string }>(stack: Stack): Promise<T | undefined> {
	const answer = await stack.api("compliance", { roles: ["Rotation.Read"] });
	if (!answer.ok) return undefined;
	const seen = (await answer.json()) as T & { complete: boolean };
	return seen.complete ? seen : undefined;
}

/** Whether a sweep is under way, as the task hub has it. */
export async function isSweeping({ appUrl, keys }: Stack): Promise<boolean> {
	const answer = await fetch(`${appUrl}/runtime/webhooks/durabletask/instances/sweep?code=${keys.durable}`);
	if (!answer.ok) return false;
	const { runtimeStatus } = (await answer.json()) as { runtimeStatus: string };
	return runtimeStatus === "Pending" || runtimeStatus === "Running";
}

/**
 * @returns what a sweep reports that begins now
 * @throws Error where it does not begin, or has not ended within two minutes
 */
export async function sweptNow<T extends { readonly at: string }>(stack: Stack, signal?: AbortSignal): Promise<T> {
	const isOver = async () => !(await isSweeping(stack)) || undefined;
	await until("the end of the sweep before", 120, isOver, signal);
	// Not by what was reported before: an answer that fails says nothing of that, and the old report would pass for the new one.
	const from = Date.now();
	const headers = { "x-functions-key": stack.keys.master, "content-type": "application/json" };
	const answer = await fetch(`${stack.appUrl}/admin/functions/sweep`, { method: "POST", headers, body: "{}" });
	if (answer.status !== 202) throw new Error(`The sweep does not begin: HTTP ${answer.status}.`);
	const next = async () => {
		const seen = await complianceOf<T>(stack);
		return seen && Date.parse(seen.at) >= from ? seen : undefined;
	};
	const report = await until("the sweep's report", 120, next, signal);
	await until("the end of the sweep", 120, isOver, signal);
	return report;
}
