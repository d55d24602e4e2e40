// What a person looks for first in a sweep's report. Pure.

import { type ComplianceEntry, isOverdue } from "../compliance.ts";
import type { Declared, DeclaredSecret, Exemption } from "./statement.ts";

export const isExempted = (exemption: Pick<Exemption, "vault" | "secret">, secret: DeclaredSecret): boolean =>
	exemption.vault === secret.vault && exemption.secret.toLowerCase() === secret.name.toLowerCase();

/** The exemption of this secret that has not ended. */
export const exemptionOf = ({ exemptions }: Declared, secret: DeclaredSecret, now: Date): Exemption | undefined =>
	exemptions.find((one) => isExempted(one, secret) && Date.parse(one.until) > now.getTime());

export const exemptionsAt = ({ exemptions, secrets }: Declared, now: Date) =>
	exemptions.map((one) => ({
		...one,
		ended: Date.parse(one.until) <= now.getTime(),
		managed: Object.values(secrets).some((secret) => isExempted(one, secret)),
	}));

export function overviewOf(entries: readonly ComplianceEntry[], declared: Declared, now: Date) {
	const { secrets, policyClasses } = declared;
	const secretOf = (id: string) => (Object.hasOwn(secrets, id) ? secrets[id] : undefined);
	const isExempt = (id: string): boolean => {
		const secret = secretOf(id);
		return secret !== undefined && exemptionOf(declared, secret, now) !== undefined;
	};
	const late = entries.filter(isOverdue);
	const overdue = late
		.map(({ secret, dueInDays = 0 }) => ({ secret, days: Math.floor(-dueInDays), exempt: isExempt(secret) }))
		.sort((a, b) => b.days - a.days || (a.secret < b.secret ? -1 : 1));
	const counted = new Set(overdue.filter(({ exempt }) => !exempt).map(({ secret }) => secret));
	const classOf = (id: string) => secretOf(id)?.policyClass;
	return {
		overdue,
		exceptions: exemptionsAt(declared, now),
		classes: Object.entries(policyClasses)
			.sort(([one], [other]) => (one < other ? -1 : 1))
			.map(([policyClass, { rationale, riskAnalysis, maxDays }]) => ({
				...{ policyClass, rationale, riskAnalysis, maxDays },
				secrets: Object.keys(secrets).filter((id) => classOf(id) === policyClass).length,
				overdue: [...counted].filter((id) => classOf(id) === policyClass).length,
			})),
		unclassed: Object.values(secrets).filter(({ policyClass }) => policyClass === undefined).length,
	};
}
