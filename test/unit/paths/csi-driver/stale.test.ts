import { expect, test } from "@jest/globals";
import { statusesIn } from "../../../../src/lib/paths/csi-driver/pod-status.ts";
import { whyStale } from "../../../../src/lib/paths/csi-driver/stale.ts";

const lacking = {
	providerClass: "kv",
	secret: "synced",
	key: "password",
	object: "db-password",
	version: "v2",
	has: () => false,
};
const old = { data: { password: "b2xk" } };

const status = (version?: string, change: object = {}) => ({
	metadata: {},
	status: {
		secretProviderClassName: "kv",
		mounted: true,
		objects: version === undefined ? [] : [{ id: "secret/db-password", version }],
		...change,
	},
});
const told = (secret: object | undefined, ...items: object[]) =>
	whyStale(lacking, "titanic", secret, statusesIn({ items }));

test("a Secret that does not exist, one without the key and one with another value are three things", () => {
	expect(told(undefined)).toMatch(/^Secret titanic\/synced, which does not exist; /);
	expect(told({ data: { other: "b2xk" } })).toMatch(/^Secret titanic\/synced, which has no key password; /);
	expect(told({})).toContain("which has no key password");
	expect(told(old)).toMatch(
		/^Secret titanic\/synced, key password, which has another value than version v2 of db-password; /,
	);
});

test("what the driver has mounted of the class is counted, and other classes' pods are not", () => {
	expect(told(old)).toMatch(/; the driver has mounted SecretProviderClass titanic\/kv in no pod$/);
	expect(told(old, status("v2", { secretProviderClassName: "other" }))).toMatch(/ in no pod$/);
	expect(told(old, status("v1"), status("v2"), status("v1"))).toMatch(
		/; of SecretProviderClass titanic\/kv the driver has mounted version v1 in 2 pods, version v2 in 1 pod$/,
	);
});

test("a mount that is not finished, or that lacks the secret, has mounted nothing of it", () => {
	expect(told(old, status("v2", { mounted: false }), status())).toMatch(/ nothing of db-password in 2 pods$/);
});

test("a version without the form of one is not repeated", () => {
	const text = told(old, status("v1\npassword=secret"));
	expect(text).toContain("version of another form in 1 pod");
	expect(text).not.toContain("password=secret");
});

test("of many states the first four are told", () => {
	const text = told(old, ...["v1", "v2", "v3", "v4", "v5"].map((version) => status(version)));
	expect(text).toMatch(/ version v4 in 1 pod$/);
});
