// Four eyes on a whole stack: ordered by one person, refused to them, approved by another, rotated and proved; void where the plan
// has changed; and a freeze that somebody puts on meanwhile.

import { beforeAll, expect, test } from "@jest/globals";
import { until } from "../../local/until.ts";
import { audience } from "../../local/world.ts";
import { administrator, configure, idle, loginWithLive, stackFor, standing } from "./support/scene.ts";

const stack = stackFor();
const kubernetes = administrator(stack);
beforeAll(async () => {
	await configure(stack(), (config) => {
		config.approvals = { required: true };
	});
});

const people = {
	operator: { roles: ["Rotation.Operate", "Rotation.Approve"], id: "0b1ec700-0000-4000-8000-0000000000aa" },
	approver: { roles: ["Rotation.Approve"], id: "0b1ec700-0000-4000-8000-0000000000ee" },
} as const;

async function as(
	name: keyof typeof people,
	path: string,
	body?: object,
	scp: string | undefined = "user_impersonation",
) {
	const { roles, id: objectId } = people[name];
	const claims = { audience, roles: [...roles], objectId, name, azp: "c11e0700-0000-4000-8000-0000000000aa" };
	const token = await stack().identity.operatorToken({ ...claims, ...(scp !== undefined && { scp }) });
	const answer = await fetch(`${stack().appUrl}/api/${path}`, {
		method: body ? "POST" : "GET",
		headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
		...(body && { body: JSON.stringify(body) }),
	});
	return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

/** An order that waits; @returns its id */
async function waiting(): Promise<string> {
	const ordered = await as("operator", "secrets/db-password/rotations", { force: true, reason: "INC-4711" });
	expect(ordered.status).toBe(202);
	const { id } = ordered.body;
	expect(new URL(ordered.headers.get("operation-location")!).pathname).toBe(`/api/approvals/${id}`);
	await until(`${id} waits`, 120, async () => {
		const { body } = await as("approver", `approvals/${id}`);
		return body.state === "awaiting-approval" || undefined;
	});
	await idle(stack());
	return id;
}

const ended = (rotationId: string) =>
	until(`${rotationId} is over`, 150, async () => {
		const { body } = await as("approver", `rotations/${rotationId}`);
		return body.outcome === undefined ? undefined : body;
	});

test("what one person has ordered waits, is refused to them, and is done and proved once another has approved it", async () => {
	const before = await standing(stack(), kubernetes());
	const id = await waiting();
	expect(await standing(stack(), kubernetes())).toEqual(before);
	expect((await as("operator", `rotations/${id}`)).body).toMatchObject({
		outcome: "skipped",
		code: "awaiting-approval",
	});

	const reason = { reason: "agreed" };
	expect(await as("operator", `approvals/${id}/approve`, reason)).toMatchObject({
		status: 403,
		body: { code: "approval-own" },
	});
	// An application's token has no scope.
	expect(await as("approver", `approvals/${id}/approve`, reason, "")).toMatchObject({
		status: 403,
		body: { code: "approval-by-app" },
	});
	expect((await as("approver", `approvals/${id}/approve`, {})).status).toBe(400);
	const { body: list } = await as("approver", "approvals?state=awaiting-approval");
	expect(list.approvals).toMatchObject([{ id, requestedBy: { id: people.operator.id } }]);

	const approved = await as("approver", `approvals/${id}/approve`, reason);
	expect(approved).toMatchObject({ status: 202, body: { state: "approved" } });
	expect(await ended(approved.body.rotationId)).toMatchObject({
		outcome: "completed",
		requestedBy: { id: people.operator.id },
		approval: { id, approvedBy: { id: people.approver.id }, reason: "agreed" },
	});
	expect(await loginWithLive(stack())).toBe("in");
	expect((await as("approver", `approvals/${id}`)).body.state).toBe("used");
	await idle(stack());
}, 180_000);

test("a plan that has changed since is not carried out, and says what has changed", async () => {
	const id = await waiting();
	const back = await configure(stack(), (config) => {
		config.secrets["db-password"].consumers[0].rolloutTimeoutSeconds = 777;
	});
	try {
		const before = await standing(stack(), kubernetes());
		const approved = await as("approver", `approvals/${id}/approve`, { reason: "agreed" });
		const status = await ended(approved.body.rotationId);
		expect(status).toMatchObject({ outcome: "refused", code: "approval-void" });
		expect(status.problem.message).toContain("the workloads, or how the value gets to them");
		expect(await standing(stack(), kubernetes())).toEqual(before);
	} finally {
		await back();
	}
}, 120_000);

test("a freeze is put on, refuses an order without force, and ends", async () => {
	const soon = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, "");
	const put = await as("operator", "freezes", { until: soon, reason: "release 4.2" });
	expect(put.status).toBe(201);
	expect((await as("approver", "freezes")).body.freezes).toMatchObject([{ id: put.body.id, reason: "release 4.2" }]);
	expect((await as("approver", "health")).body.freezes).toBe(1);
	const ended = await as("operator", `freezes/${put.body.id}/end`, { reason: "released" });
	expect(ended.status).toBe(200);
	expect((await as("approver", "freezes")).body.freezes).toEqual([]);
});
