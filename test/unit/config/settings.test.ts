import { expect, test } from "@jest/globals";
import { settingsFrom, sweepScheduleOf } from "../../../src/lib/config/settings.ts";

const environment = {
	AUDIT_CONTAINER_URL: "https://store.blob.core.windows.net/audit",
	RECORDS_CONTAINER_URL: "https://store.blob.core.windows.net/records",
	OPERATORS_ISSUER: "https://login.microsoftonline.com/t/v2.0",
	OPERATORS_AUDIENCE: "api://rotator",
	OPERATORS_JWKS_URL: "https://login.microsoftonline.com/t/discovery/v2.0/keys",
	UNRELATED: "kept out",
};

test("an empty setting has its default", () => {
	expect(settingsFrom({ ...environment, ROTATION_CONFIG_FILE: "", AZURE_CLIENT_ID: "" })).toEqual({
		...environment,
		UNRELATED: undefined,
		ROTATION_CONFIG_FILE: "rotation.config.yaml",
		SWEEP_SCHEDULE: "0 0 6 * * *",
	});
});

test.each([
	["AUDIT_CONTAINER_URL", undefined, "App setting AUDIT_CONTAINER_URL is missing; give an https URL."],
	["OPERATORS_ISSUER", "", "App setting OPERATORS_ISSUER is missing; give the issuer of operators' tokens."],
	[
		"OPERATORS_JWKS_URL",
		"http://keys.example.org/?code=s3cret",
		"App setting OPERATORS_JWKS_URL is not an https URL (http only for loopback).",
	],
	[
		"NODE_DEBUG",
		"net,s3cret",
		"App setting NODE_DEBUG is set, and makes Node.js write tokens and secrets to the log; remove it.",
	],
])("%s as %j is named, and its value is not", (setting, value, sentence) => {
	expect(() => settingsFrom({ ...environment, [setting]: value })).toThrow(
		expect.objectContaining({ code: "setting-invalid", sentence }),
	);
});

test("the sweep has a schedule without any setting", () => {
	expect(sweepScheduleOf({})).toBe("0 0 6 * * *");
	expect(sweepScheduleOf({ SWEEP_SCHEDULE: "" })).toBe("0 0 6 * * *");
	expect(sweepScheduleOf({ SWEEP_SCHEDULE: "0 30 * * * *" })).toBe("0 30 * * * *");
});
