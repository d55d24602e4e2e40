// An order that waits for an approval, as people read it, and the wait for somebody's decision.
// RAP1. What is approved by the command is what was shown by it: the app compares the plan once more. Kept by: approvals.test.ts of cli.

import { ApiProblem, type Client } from "../../api/client.ts";
import type { Approval, Rotation } from "./answers.ts";
import type { Around } from "./around.ts";
import { exits } from "./exits.ts";
import { foldedText } from "./fold.ts";
import { tell } from "./say.ts";
import { facts } from "./table.ts";
import { type Look, plain } from "./terminal.ts";
import { timeText } from "./times.ts";
import { mayPass } from "./watch/follow.ts";
import { planLines, problemLines } from "./watch/tree.ts";

export type Stored = Extract<Approval, { readonly plan: object }>;

export const isStored = (approval: Approval): approval is Stored => "plan" in approval;

export const personText = ({ kind, id }: Rotation["requestedBy"]): string => [kind, id].filter(Boolean).join(" ");

export function approvalText(approval: Approval, look: Look): string {
	if (!isStored(approval)) {
		const ended = approval.outcome === undefined ? "" : `: it ended as ${approval.outcome} (${approval.code ?? "-"})`;
		return `${look.bold(plain(approval.id))}  ${plain(approval.state + ended)}\n`;
	}
	const { id, secret, state, kind, order, requestedBy, requestedAt, reason, code, expiresAt, decision } = approval;
	const how = [order.force && "force", order.compromised && "compromised", order.to && `to version ${order.to}`];
	const asked = [kind, ...how].filter(Boolean).join(", ");
	const decided = decision && `${personText(decision.by)} at ${timeText(decision.at)}: ${decision.reason}`;
	const rows = facts(
		[
			["order", id],
			["secret", secret],
			["state", state],
			["asks for", `${asked} (${code})`],
			["asked by", `${personText(requestedBy)} at ${timeText(requestedAt)}`],
			["why", reason],
			["expires", timeText(expiresAt)],
			["decided by", decided],
			["rotation", decision && state !== "rejected" ? approval.rotationId : undefined],
		],
		look,
	);
	const problem = approval.problem ? problemLines("problem", approval.problem, look.bad) : [];
	return foldedText([rows.trimEnd(), ...planLines(approval, look), ...problem], look.columns);
}

const pauseMs = 5_000;

/** Until somebody has decided. @returns the exit code */
export async function awaitDecision(call: Client, id: string, signal: AbortSignal, around: Around): Promise<number> {
	for (;;) {
		const state = await stateOf(call, id, signal).catch((error) => {
			if (signal.aborted || mayPass(error)) return undefined;
			throw error;
		});
		if (signal.aborted) return exits.waiting;
		if (state === "approved" || state === "used") return exits.done;
		if (state !== undefined && state !== "awaiting-approval" && state !== "planning") {
			tell(around, `${id} is ${state}.`);
			return exits.endedBadly;
		}
		await around.sleep(pauseMs, signal).catch(() => {});
		if (signal.aborted) return exits.waiting;
	}
}

const stateOf = async (call: Client, id: string, signal: AbortSignal) =>
	(await call("showApproval", { id }, signal)).body.state;

/** @throws ApiProblem */
export async function stored(call: Client, id: string): Promise<Stored> {
	const { body } = await call("showApproval", { id });
	if (isStored(body)) return body;
	throw new ApiProblem({
		status: 409,
		code: body.code ?? body.state,
		detail: `Order ${id} has no plan to decide about: it is ${body.state}.`,
		next: `See rotator approvals ${id}, or rotator watch ${id}.`,
	});
}

/** What a person sees whose rotation waits. */
export function tellWaiting(around: Around, { approval, rotationId }: Rotation): void {
	const id = approval?.id ?? rotationId;
	tell(
		around,
		`Another person has to approve it: rotator approve ${id}. What has become of it: rotator approvals ${id}`,
	);
}
