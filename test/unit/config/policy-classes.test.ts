import { describe, expect, test } from "@jest/globals";
import { Configuration, wrongTogether } from "../../../src/lib/config/configuration.ts";

const policyClass = { rationale: "Pods share it.", riskAnalysis: "TRA-7 of 2026-01-10", maxDays: 90 };
const exemption = {
	...{ vault: "main", secret: "legacy-key", owner: "payments team", reason: "the vendor has no API" },
	until: "2027-03-31T00:00:00+02:00",
};

const wrongWith = (changes: { rotateEveryDays?: number; policyClass?: string; exemptions?: readonly object[] }) => {
	const { exemptions = [], rotateEveryDays = 80, policyClass: name = "database" } = changes;
	const parsed = Configuration.safeParse({
		vaults: { main: { url: "https://kv.vault.azure.net" } },
		servers: {},
		policyClasses: { database: policyClass },
		exemptions,
		secrets: { key: { vault: "main", strategy: "random-value", policyClass: name, rotateEveryDays } },
	});
	const wrong = parsed.success ? wrongTogether(parsed.data) : parsed.error.issues;
	return wrong.map(({ path, message }) => `${path.join(".")} ${message}`);
};

describe("a policy class", () => {
	test("is kept by a secret that is rotated before its value is too old", () => {
		expect(wrongWith({})).toEqual([]);
		expect(wrongWith({ rotateEveryDays: 89 })).toEqual([]);
	});

	test("is not kept by one that is due only when its value is too old", () => {
		expect(wrongWith({ rotateEveryDays: 90 })).toEqual([
			"secrets.key.rotateEveryDays is 90; give less than maxDays (90) of its policy class, since a rotation begins on the day when it is due",
		]);
	});

	test("must be there, whatever its name is", () => {
		for (const name of ["other", "constructor"])
			expect(wrongWith({ policyClass: name })).toEqual(["secrets.key.policyClass is not one of policyClasses"]);
	});
});

describe("an exemption", () => {
	test("names an owner, a reason and an end", () => {
		expect(wrongWith({ exemptions: [exemption] })).toEqual([]);
		for (const name of ["owner", "reason", "until"] as const) {
			const { [name]: _, ...rest } = exemption;
			expect(wrongWith({ exemptions: [rest] })).toEqual([expect.stringContaining(`exemptions.0.${name} is missing`)]);
		}
	});

	test("ends at a time that everybody understands alike", () => {
		expect(wrongWith({ exemptions: [{ ...exemption, until: "2027-03-31" }] })).toEqual([
			"exemptions.0.until is not a time with its offset; give one such as 2026-12-20T00:00:00+01:00",
		]);
	});

	test("is of a vault that there is, and not given twice", () => {
		expect(wrongWith({ exemptions: [{ ...exemption, vault: "other" }] })).toEqual([
			"exemptions.0.vault is not one of vaults",
		]);
		expect(wrongWith({ exemptions: [exemption, { ...exemption, secret: "LEGACY-key" }] })).toEqual([
			"exemptions.1.secret is exempt already, by exemptions[0]",
		]);
	});
});
