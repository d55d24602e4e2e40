// Orders that wait for an approval: shown, approved and rejected.

import type { Ports } from "../app.ts";
import type { Approval } from "../domain/approval.ts";
import { type ApprovalLine, type ApprovalState, stateAt } from "../domain/approval.ts";
import { Fault } from "../domain/fault.ts";
import { secretOfRotation } from "../domain/ids.ts";
import { decide, startApproved } from "../triggers/decide.ts";
import { statusOf } from "../triggers/status.ts";
import type { Deps } from "./answer.ts";
import { continuationOf, linkTo, placeIn } from "./continuation.ts";
import { type Asked, configured, handle, orRecorded, reply } from "./handle.ts";
import { placeOf, pollSeconds } from "./shown.ts";

const shown = ({ request, state, decision, problem }: Approval, now: Date) => {
	const { parts: _, askedAt: __, ...told } = request;
	return {
		...told,
		state: stateAt(state, request.expiresAt, now),
		kind: request.order.kind,
		...(decision && { decision }),
		...(problem && { problem }),
	};
};

type Place = readonly (string | number)[];
const isMark = (place: Place): place is readonly [string] => place.length === 1 && typeof place[0] === "string";

/** `GET /api/approvals` */
export const listApprovals = handle("listApprovals", async ({ query }, { ports }) => {
	const { limit, continuation, ...filter } = query;
	const [after] = continuation === undefined ? [] : placeIn(continuation, filter, isMark);
	const wanted = { most: limit, state: filter.state, ...(after !== undefined && { after }) };
	const { approvals, next } = await approvalsNow(ports, wanted);
	const link = next !== undefined && linkTo("/api/approvals", filter, limit, continuationOf(filter, [next]));
	return reply(200, { approvals, ...(link && { next: link }) });
});

interface WantedApprovals {
	readonly most: number;
	readonly after?: string;
	/** Absent: in whatever state. */
	readonly state: ApprovalState | undefined;
}

/** A page of them, each with the state that it has by now. */
export async function approvalsNow({ clock, records }: Pick<Ports, "clock" | "records">, wanted: WantedApprovals) {
	const { state: only, ...page } = wanted;
	const now = clock.now();
	const stateOf = ({ state, expiresAt }: Pick<ApprovalLine, "state" | "expiresAt">) => stateAt(state, expiresAt, now);
	const { approvals, next } = await (await records()).approvals({
		...page,
		...(only !== undefined && { passes: (line) => stateOf(line) === only }),
	});
	return { approvals: approvals.map(({ planDigest: _, ...line }) => ({ ...line, state: stateOf(line) })), next };
}

/** `GET /api/approvals/{id}` */
export const showApproval = handle("showApproval", async ({ params }, deps) => {
	const { ports } = deps;
	const { id } = params;
	const records = await ports.records();
	const found = await records.approval(id);
	if (found) return reply(200, shown(found, ports.clock.now()));
	return notYet(deps, id);
});

/** Its plan is being made, somebody has asked for the same before, or it came to nothing that could be approved. */
async function notYet({ ports, rotations }: Deps, id: string) {
	const secret = secretOfRotation(id)!;
	const run = await statusOf({ ports, rotations }, id, secret);
	if (!run) throw new Fault("approval-unknown", { id });
	const other = run.approval?.id;
	const asked = other === undefined || other === id ? undefined : await (await ports.records()).approval(other);
	if (asked) return reply(200, shown(asked, ports.clock.now()));
	const { outcome, code } = run;
	if (outcome === undefined)
		return reply(200, { id, secret, state: "planning" as const }, { "Retry-After": pollSeconds });
	return reply(200, { id, secret, state: "not-needed" as const, outcome, ...(code !== undefined && { code }) });
}

/** `POST /api/approvals/{id}/approve` */
export const approve = handle("approve", async (asked, { ports }) => {
	const { trigger, request } = asked;
	const approval = await decided(asked, true);
	const { hash } = await configured(trigger, approval.request.secret);
	if (approval.state === "approved") await startApproved(trigger, hash, approval);
	return reply(202, shown(approval, ports.clock.now()), placeOf(request, approval.request.rotationId));
});

/** `POST /api/approvals/{id}/reject` */
export const reject = handle("reject", async (asked, { ports }) =>
	reply(200, shown(await decided(asked, false), ports.clock.now())),
);

type Deciding = Pick<Asked<"approve">, "trigger" | "params" | "body" | "operator">;

const decided = ({ trigger, params, body, operator }: Deciding, isGranted: boolean): Promise<Approval> =>
	orRecorded(
		trigger,
		() => secretOfRotation(params.id)!,
		() => decide(trigger, { id: params.id, isGranted, reason: body.reason, isPerson: operator.isPerson }),
	);
