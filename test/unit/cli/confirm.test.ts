// What is asked before something is changed, and what an answer, no answer and no terminal lead to.

import { describe, expect, test } from "@jest/globals";
import { startApp } from "./support/app.ts";
import { id, planned, refused, waiting } from "./support/rotations.ts";
import { type Given, ran } from "./support/terminal.ts";

/** Whether the order was given; a dry run is none. */
async function orderedBy(args: readonly string[], given: Given) {
	const started = () => ({ status: 202, body: waiting });
	await using app = await startApp({
		startRotation: started,
		startDelivery: started,
		startRollback: started,
		startReconciliation: started,
		showRotation: () => ({ status: 200, body: planned }),
		cancelRotation: () => ({ status: 200, body: { ...refused, outcome: "cancelled" } }),
	});
	const result = await ran(args, { ...given, env: { ROTATOR_URL: app.url, ...given.env } });
	const orders = app.asked.filter(({ body }) => body !== undefined && (body as { dryRun?: boolean }).dryRun !== true);
	return { ...result, ordered: orders.length };
}

const asked = {
	rotate: ["rotate", "db-password"],
	deliver: ["deliver", "db-password"],
};
const byName = {
	"rotate --force": ["rotate", "db-password", "--force"],
	"rotate --compromised": ["rotate", "db-password", "--compromised"],
	rollback: ["rollback", "db-password"],
	reconcile: ["reconcile", "db-password", "--direction", "new-password"],
	cancel: ["cancel", id],
};

describe.each(Object.entries(asked))("%s", (_, args) => {
	test.each<[string, Given, readonly string[], number, number]>([
		["y goes on", { columns: 80, typed: "y\n" }, [], 0, 1],
		["yes goes on", { columns: 80, typed: "YES\n" }, [], 0, 1],
		["an empty line does not", { columns: 80, typed: "\n" }, [], 2, 0],
		["the end of the input does not", { columns: 80, typed: "" }, [], 2, 0],
		["--yes is enough", {}, ["--yes"], 0, 1],
		["without a terminal it is refused", { typed: "y\n" }, [], 2, 0],
		["in a CI job with a terminal too", { columns: 80, typed: "y\n", env: { CI: "true" } }, [], 2, 0],
		["on a dumb terminal too", { columns: 80, typed: "y\n", env: { TERM: "dumb" } }, [], 2, 0],
	])("%s", async (_title, given, more, code, ordered) => {
		expect(await orderedBy([...args, ...more], given)).toMatchObject({ code, ordered });
	});
});

describe.each(Object.entries(byName))("%s", (_, args) => {
	test.each<[string, Given, readonly string[], number, number]>([
		["the name goes on", { columns: 80, typed: "db-password\n" }, [], 0, 1],
		["y does not", { columns: 80, typed: "y\n" }, [], 2, 0],
		["another name does not", { columns: 80, typed: "db-passwor\n" }, [], 2, 0],
		["--confirm with the name is enough", {}, ["--confirm", "db-password"], 0, 1],
		[
			"--confirm with another name is refused, also at a terminal",
			{ columns: 80, typed: "db-password\n" },
			["--confirm", "x"],
			2,
			0,
		],
		["without a terminal it is refused", { typed: "db-password\n" }, [], 2, 0],
	])("%s", async (_title, given, more, code, ordered) => {
		expect(await orderedBy([...args, ...more], given)).toMatchObject({ code, ordered });
	});
});

test.each([["rotate", "db-password", "--force", "--yes"]])("--yes does not stand for the name", async (...args) => {
	expect(await orderedBy(args, {})).toMatchObject({ code: 2, ordered: 0 });
});
