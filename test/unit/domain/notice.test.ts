import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { lineOf, type Notice } from "../../../src/lib/domain/notice.ts";

const drift: Notice = { event: "drift", secret: "db-password", drift: "live-changed-by-hand" };

test("a notice is one line of JSON that begins with its event, whatever the order of its fields", () => {
	const turned = { drift: drift.drift, secret: drift.secret, event: drift.event } as Notice;
	expect(lineOf(turned)).toMatch(/^{"event":"drift",/);
	expect(JSON.parse(lineOf(turned))).toEqual(drift);
});

test.each([
	["a line break", 'a\n{"event":"swept"}'],
	["a line separator", "a\u2028b"],
	["a turned reading direction", "a\u202eb"],
	["a terminal's escape", "a\u001b[2Jb"],
	["half a character", "a\ud800b"],
])("a name with %s adds no line, and is read again as it was", (_, secret) => {
	const line = lineOf({ ...drift, secret });
	expect(line).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
	expect(JSON.parse(line)).toEqual({ ...drift, secret });
});

test("the host keeps every notice: traces are not sampled, and information is let through", () => {
	const { logging } = JSON.parse(readFileSync(new URL("../../../host.json", import.meta.url), "utf8"));
	expect(logging.applicationInsights.samplingSettings.excludedTypes.split(";")).toContain("Trace");
	expect(logging.logLevel.default).toBe("Information");
});
