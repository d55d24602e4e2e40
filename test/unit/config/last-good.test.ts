// The configuration from a source that changes while the app runs: what is in force when it is broken, gone, or tampered with.

import { beforeEach, expect, test } from "@jest/globals";
import { lastGood } from "../../../src/lib/config/last-good.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { memoryAudit } from "../../support/memory-audit.ts";
import { memoryRecords } from "../../support/memory-records.ts";
import { right } from "./wrong-files.ts";

const withKey = (name: string) => `${right}  ${name}:\n    vault: main\n    strategy: random-value\n`;

let now: Date;
let text: string | Fault;
let warned: string[];
let audit: ReturnType<typeof memoryAudit>;
let records: ReturnType<typeof memoryRecords>;
beforeEach(() => {
	now = new Date("2026-11-30T18:00:00.000Z");
	text = right;
	warned = [];
	const clock = { now: () => now };
	audit = memoryAudit({ clock });
	records = memoryRecords({ clock } as never);
});

/** An instance of the app, just started. */
function start() {
	const configuration = lastGood({
		name: "rotation.config.yaml",
		folder: ".",
		ports: { clock: { now: () => now }, audit: async () => audit, records: async () => records },
		warn: (line) => warned.push(line),
		look: async () => {
			if (text instanceof Fault) throw text;
			const bytes = Buffer.from(text);
			const changedAt = new Date(Math.floor(now.getTime() / 60_000) * 60_000).toISOString();
			return { stamp: text, changedAt, source: { read: async () => bytes, names: async () => [] } };
		},
	});
	const names = async () => Object.keys((await configuration()).config.secrets);
	return { configuration, names };
}
const later = (minutes: number) => {
	now = new Date(now.getTime() + minutes * 60_000);
};

test("a new one is in force after a minute at most, and on the log with its hash", async () => {
	const app = start();
	expect(await app.names()).toEqual(["db-password"]);
	text = withKey("api-key");
	expect(await app.names()).toEqual(["db-password"]);
	later(1);
	expect(await app.names()).toEqual(["db-password", "api-key"]);
	const { hash } = await app.configuration();
	expect(audit.records.at(-1)?.data).toMatchObject({ code: "configuration-taken", configHash: hash });
	expect(await records.configurationOf(hash)).toBe(text);
});

test("a broken one leaves the last good one in force, and says so until it is fixed", async () => {
	const app = start();
	await app.names();
	later(5);
	text = "secrets: 3\n";
	expect(await app.names()).toEqual(["db-password"]);
	const since = now.toISOString();
	later(30);
	const { passedOver } = await app.configuration();
	expect(passedOver).toMatchObject({ since, fault: { code: "configuration-invalid" } });
	expect(warned).toHaveLength(1);
	text = withKey("api-key");
	later(1);
	expect(await app.names()).toEqual(["db-password", "api-key"]);
	expect((await app.configuration()).passedOver).toBeUndefined();
});

test("after a start with a broken one, what the log named last is in force", async () => {
	await start().names();
	later(1);
	text = withKey("api-key");
	await start().names();
	later(1);
	text = "secrets: 3\n";
	expect(await start().names()).toEqual(["db-password", "api-key"]);
	text = new Fault("configuration-unreachable", { store: "https://x" });
	expect(await start().names()).toEqual(["db-password", "api-key"]);
});

test("what somebody has put into the records is never in force, nor anything where the log names none", async () => {
	text = "secrets: 3\n";
	await expect(start().names()).rejects.toMatchObject({ code: "configuration-invalid" });
	text = right;
	const { hash } = await start().configuration();
	text = "secrets: 3\n";
	const kept = records.configurationOf;
	Object.assign(records, { configurationOf: async () => withKey("theirs") });
	await expect(start().names()).rejects.toMatchObject({ code: "configuration-invalid" });
	Object.assign(records, { configurationOf: kept });
	expect((await start().configuration()).hash).toBe(hash);
});

test("one that is not on the log yet is in force, and is put there once the log answers", async () => {
	const restore = audit.cut();
	const app = start();
	expect(await app.names()).toEqual(["db-password"]);
	expect(audit.records).toEqual([]);
	restore();
	later(1);
	await app.names();
	expect(audit.records).toHaveLength(1);
});
