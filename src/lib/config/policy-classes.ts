// Why a secret is rotated as often as it is, and what is left out: what an auditor asks of the configuration.
// PC1. A secret is rotated more often than its class's risk analysis asks for: a rotation takes some time. Otherwise: the report says of a class what none of its
//      secrets keeps. Kept by: policy-classes.test.ts.

import type * as z from "zod";
import { time } from "./calendar.ts";
import { Key, list, mapping, reasonIn, text, whole } from "./fields.ts";

export const PolicyClass = mapping({
	rationale: reasonIn().describe("Why its secrets are rotated this often, for auditors."),
	riskAnalysis: reasonIn().describe(
		"Where the targeted risk analysis is that says so (PCI DSS 4.0.1, 8.6.3 and 12.3.1): a ticket, a document, its date.",
	),
	maxDays: whole("days", 1, 730).describe(
		"No value is older, by that analysis. `rotateEveryDays` of its secrets is below it; a rotation that ends later is late.",
	),
});

/** What is reported as left out until then. */
const Exemption = mapping({
	vault: Key.describe("One of vaults."),
	secret: text("a Key Vault secret name", /^[0-9a-zA-Z-]{1,127}$/).describe(
		"The secret's name in that vault, managed or not.",
	),
	owner: reasonIn().describe("Who answers for it."),
	reason: reasonIn().describe("Why it is left out."),
	until: time.describe("When that ends, with its offset: 2027-03-31T00:00:00+02:00."),
});
export const exemptions = list(Exemption, 500).describe(
	"Secrets that are not rotated, or may be late, for a reason and until a time; the compliance report lists them.",
);

/** Of a secret. */
export const policyClass = Key.optional().describe(
	"One of policyClasses. Absent: none, which the compliance report says.",
);

interface Classed {
	readonly vaults: Readonly<Record<string, unknown>>;
	readonly policyClasses: Readonly<Record<string, z.infer<typeof PolicyClass>>>;
	readonly exemptions: z.infer<typeof exemptions>;
	readonly secrets: Readonly<Record<string, { policyClass?: string | undefined; rotateEveryDays: number }>>;
}

/** @param problem called with each place that is wrong, and the end of a sentence about it */
export function wrongWithClasses(
	{ vaults, policyClasses, exemptions, secrets }: Classed,
	problem: (path: PropertyKey[], message: string) => void,
): void {
	for (const [id, { policyClass: name, rotateEveryDays }] of Object.entries(secrets)) {
		if (name === undefined) continue;
		const found = Object.hasOwn(policyClasses, name) ? policyClasses[name] : undefined;
		if (!found) problem(["secrets", id, "policyClass"], "is not one of policyClasses");
		else if (rotateEveryDays >= found.maxDays)
			problem(
				["secrets", id, "rotateEveryDays"],
				`is ${rotateEveryDays}; give less than maxDays (${found.maxDays}) of its policy class, since a rotation begins on the day when it is due`,
			);
	}
	for (const [index, { vault, secret }] of exemptions.entries()) {
		if (!Object.hasOwn(vaults, vault)) problem(["exemptions", index, "vault"], "is not one of vaults");
		const first = exemptions.findIndex(
			(one) => one.vault === vault && one.secret.toLowerCase() === secret.toLowerCase(),
		);
		if (first < index) problem(["exemptions", index, "secret"], `is exempt already, by exemptions[${first}]`);
	}
}
