import { describe, expect, test } from "@jest/globals";
import { annotationsOf, carries, rollInstead, rollOf } from "../../../src/lib/kinds/mark.ts";

const rotationId = "db-password.00000000-0000-4000-8000-000000000001";
const mark = {
	secret: "titanic-kv/db-password",
	rotationId,
	round: 2,
	version: "0123456789abcdef0123456789abcdef",
	contents: "fedcba9876543210",
	at: "2026-07-01T12:00:00.000Z",
};
const other = { ...mark, secret: "titanic-kv/flask-key", rotationId: "flask-key.1", round: 1 };
const template = (annotations: Record<string, string>) => ({ metadata: { annotations } });

/** As it was written before each secret had a mark of its own. */
const former = {
	"titanic-secret-rotator/rotation": rotationId,
	"titanic-secret-rotator/version": mark.version,
	"titanic-secret-rotator/round": "2",
	"kubectl.kubernetes.io/restartedAt": mark.at,
};

describe("a mark", () => {
	test("stands beside those of other secrets, whichever was written last", () => {
		for (const order of [
			[mark, other],
			[other, mark],
		]) {
			const both = template(Object.assign({}, ...order.map(annotationsOf)));
			expect([carries(both, mark), carries(both, other)]).toEqual([true, true]);
		}
	});

	test("has a key that Kubernetes takes, however long the secret's name is", () => {
		const [key = ""] = Object.keys(annotationsOf({ ...mark, secret: `titanic-kv/${"s".repeat(127)}` }));
		expect(key).toMatch(/^titanic-secret-rotator\/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
	});

	test("is not that of the secret of the same name in another vault", () => {
		expect(carries(template(annotationsOf({ ...mark, secret: "other-kv/db-password" })), mark)).toBe(false);
	});

	test("counts for its round and those before it, and for its own rotation", () => {
		const found = template(annotationsOf(mark));
		expect([1, 2, 3].map((round) => carries(found, { ...mark, round }))).toEqual([true, true, false]);
		expect(carries(found, { ...mark, rotationId: "db-password.2" })).toBe(false);
		expect(carries(undefined, mark)).toBe(false);
	});

	test("is not asked for where the Secret that is referred to tells pods from earlier ones", () => {
		const refersTo = "titanic-api-secrets-2222222222";
		const of = (name: string) => ({
			...template(annotationsOf(mark)),
			spec: { containers: [{ name: "titanic-api", envFrom: [{ secretRef: { name } }] }] },
		});
		expect(carries(of(refersTo), { ...mark, refersTo })).toBe(true);
		expect(carries(of(`${refersTo}2`), { ...mark, refersTo })).toBe(false);
		expect(carries(template(annotationsOf(mark)), { ...mark, refersTo })).toBe(false);
	});

	test("tells which roll brought these very versions", () => {
		const found = template(annotationsOf(mark));
		const roll = { rotationId, round: 2, version: mark.version, at: mark.at };
		expect(rollOf(found, mark)).toEqual(roll);
		expect(rollOf(found, { ...mark, contents: "0" })).toBeUndefined();
		expect(rollOf(found, other)).toBeUndefined();
	});

	test("of another secret does as well where it was made in a window, the latest first", () => {
		const later = { ...other, secret: "titanic-kv/third", at: "2026-07-01T13:00:00.000Z" };
		const found = template({ ...annotationsOf(mark), ...annotationsOf(other), ...annotationsOf(later) });
		const within = (since: string, until?: string, secrets = [other.secret, later.secret]) =>
			rollInstead(found, { secrets, windows: [{ since, ...(until !== undefined && { until }) }] })?.secret;
		expect(within("2026-07-01T12:00:00.000Z")).toBe(later.secret);
		expect(within("2026-07-01T11:00:00.000Z", "2026-07-01T12:30:00.000Z")).toBe(other.secret);
		expect(within("2026-07-01T13:00:00.001Z")).toBeUndefined();
		expect(within("2026-07-01T11:00:00.000Z", "2026-07-01T11:59:59.999Z")).toBeUndefined();
		expect(within("2026-07-01T12:00:00.000Z", undefined, [])).toBeUndefined();
	});

	test("without a time, of an earlier version of the app, does for no other secret", () => {
		const key = Object.keys(annotationsOf(other))[0]!;
		const found = template({ [key]: [other.rotationId, 1, other.version, other.contents].join(" ") });
		expect(
			rollInstead(found, { secrets: [other.secret], windows: [{ since: "1970-01-01T00:00:00.000Z" }] }),
		).toBeUndefined();
	});

	test("of the former form is understood, until the secret has one of its own", () => {
		expect(carries(template(former), mark)).toBe(true);
		expect(rollOf(template(former), mark)).toEqual({ rotationId, round: 2, version: mark.version });
		expect(carries(template(former), other)).toBe(false);
		expect(rollOf(template(former), { ...other, version: mark.version })).toBeUndefined();
		const next = { ...mark, rotationId: "db-password.00000000-0000-4000-8000-000000000002", version: "2" };
		const both = template({ ...former, ...annotationsOf(next) });
		expect([carries(both, mark), carries(both, next)]).toEqual([false, true]);
	});
});
