import { describe, expect, test } from "@jest/globals";
import { eventOf, type Happened, type Happening } from "../../../src/lib/domain/workload-event.ts";

const workload = { cluster: "titanic-aks", namespace: "titanic-api", kind: "Deployment", name: "titanic-api" };
const event = (happening: Happening, change: Partial<Happened> = {}, name = workload.name) =>
	eventOf(
		{ ...workload, name },
		{
			rotationId: "db-password.00000000-0000-4000-8000-000000000001",
			secret: "db-password",
			version: "0123456789abcdef0123456789abcdef",
			delivery: 1,
			happening,
			at: "2026-11-23T12:00:00.000Z",
			...change,
		},
	);

describe("an Event", () => {
	test.each([
		[{ is: "started" }, "Normal", "SecretRotationStarted", "Delivering version 01234567 of secret db-password."],
		[
			{ is: "delivered" },
			"Normal",
			"SecretRotationDelivered",
			"Every pod has proved version 01234567 of secret db-password.",
		],
		[
			{ is: "awaits-run" },
			"Normal",
			"SecretRotationAwaitsRun",
			"The next run reads version 01234567 of secret db-password.",
		],
		[
			{ is: "failed", code: "copy-timeout" },
			"Warning",
			"SecretRotationFailed",
			"Not delivered: version 01234567 of secret db-password (copy-timeout).",
		],
	] as const)("of %j says so, with the secret's name, the version's first eight characters and no more", (...row) => {
		const [happening, type, reason, message] = row;
		expect(event(happening)).toEqual({
			name: expect.stringMatching(/^titanic-api\.[0-9a-f]{16}$/),
			...{ type, reason, message },
			at: "2026-11-23T12:00:00.000Z",
		});
	});

	test("of the same happening has the same name, whenever it is written, and of any other another", () => {
		const first = event({ is: "started" });
		expect(event({ is: "started" }, { at: "2026-11-23T12:00:09.000Z" }).name).toBe(first.name);
		const others = [
			event({ is: "delivered" }),
			event({ is: "started" }, { delivery: 2 }),
			event({ is: "started" }, { rotationId: "db-password.00000000-0000-4000-8000-000000000002" }),
		];
		expect(new Set([first, ...others].map(({ name }) => name)).size).toBe(4);
	});

	test.each([`${"a".repeat(198)}-${"b".repeat(54)}`, `${"a".repeat(199)}-${"b".repeat(53)}`, `${"a".repeat(198)}.-b`])(
		"of a workload with a long name has a name that Kubernetes takes",
		(name) => {
			const given = event({ is: "started" }, {}, name).name;
			expect(given.length).toBeLessThanOrEqual(253);
			expect(given).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
		},
	);
});
