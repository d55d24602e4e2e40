// What `verify` asks the database for, and what it says of proofs that are by start times alone.

import { expect, test } from "@jest/globals";
import type { Ports } from "../../../src/lib/app.ts";
import type { PodProof } from "../../../src/lib/domain/workload.ts";
import type { Credential } from "../../../src/lib/ports/database.ts";
import type { SeenSession } from "../../../src/lib/ports/delivery-path.ts";
import { activities } from "../../../src/lib/steps/index.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const run = { attempt: "a", tell: () => {} };

/** Proofs by a path of which this much is known, after a rotation that has completed. */
async function verified(options: Parameters<typeof rotationWorld>[0], provedBy: PodProof["provedBy"]) {
	const world = rotationWorld(options);
	const { result } = await world.run(world.request());
	const { rotationId, secret, requestedBy: actor, version = "" } = result;
	const { consumers } = (await world.ports.configuration()).config.secrets["db-password"]!;
	const at = world.now().toISOString();
	const asked: Credential[] = [];
	let sessions: readonly SeenSession[] | undefined;
	const ports: Ports = {
		...world.ports,
		database: async (server) => ({
			...(await world.ports.database(server)),
			async sessionsAs(credential) {
				asked.push(credential);
				return [{ application: "titanic-api-1", ageMs: 4_000 }, { application: "" }];
			},
		}),
		deliveryPath: async (path, cluster) => ({
			...(await world.ports.deliveryPath(path, cluster)),
			async prove(_, pods, __, ___, ask) {
				sessions = await ask?.();
				return pods.map(({ name: pod, ready }) => ({ pod, ready, proved: true, ...(provedBy && { provedBy }) }));
			},
		}),
	};
	const seen = await activities.verify(
		ports,
		{
			...{ rotationId, secret, actor, consumer: consumers[0]! },
			published: [{ secret: "db-password", version }],
			mark: { rotationId, round: 1, version, at },
			copyCurrentSince: at,
		},
		run,
	);
	expect(seen).toMatchObject({ next: "done" });
	return { world, asked, sessions, told: world.audit.records.at(-1)?.data };
}

test("a path may ask for the sessions of the role that was published, whose ages become times of the app's clock", async () => {
	const { world, asked, sessions } = await verified({}, "session");
	expect(asked.map(({ role, password }) => [role, password.reveal()])).toEqual([["titanic_admin", world.live().value]]);
	const since = new Date(world.now().getTime() - 4_000).toISOString();
	// Of which the server does not tell the age, nobody says when it began.
	expect(sessions).toEqual([{ application: "titanic-api-1", since }, { application: "" }]);
});

test("of two users that take turns it is the one whose turn it is", async () => {
	const { world, asked } = await verified({ value: "turns" }, "session");
	const { username, password } = JSON.parse(world.live().value) as { username: string; password: string };
	expect(asked.map(({ role, password: given }) => [role, given.reveal()])).toEqual([[username, password]]);
});

test("where no database knows the value there is nobody to ask", async () => {
	const { asked, sessions } = await verified({ value: "random" }, "start");
	expect([asked, sessions]).toEqual([[], undefined]);
});

test("the record of a proof by start times alone says so, and no other one does", async () => {
	expect((await verified({}, "start")).told).toMatchObject({
		status_code: "proved",
		message: expect.stringContaining("start times alone"),
	});
	for (const by of ["session", undefined] as const) {
		const { told } = await verified({}, by);
		expect(told).toMatchObject({ status_code: "proved" });
		expect(JSON.stringify(told)).not.toContain("start times");
	}
});
