// What a fault says of the app, said of the person at this machine.

import { readVault } from "../../../../lib/doctor/commands.ts";
import type { FoundRight } from "../../../../lib/domain/diagnosis.ts";
import type { Fault } from "../../../../lib/domain/fault.ts";

export const ownSentence = ({ sentence }: Fault): string =>
	sentence
		.replace(/^The app may not /, "You may not ")
		.replace(/^The app's identity gets no token /, "You have no token ")
		.replace(/\bthe app's token\b/, "your token")
		.replace(/\blet the app\b/, "let you")
		.replace(/\bturns the app away\b/, "turns you away");

/** What it takes to look at a cluster, and no more: of the examples, for a person. */
const readCluster =
	"kubectl apply --filename examples/discover/access.yaml && kubectl create clusterrolebinding titanic-secret-discovery --clusterrole titanic-secret-discovery --user '<you>' --dry-run=client --output yaml | kubectl apply --filename -";

/** Whatever keeps this person from looking is missing: of what is not seen nothing is known. */
export function unseen(right: string, fault: Fault, vaultName?: string): FoundRight {
	const { code, next } = fault;
	const given =
		code === "cluster-forbidden"
			? readCluster
			: vaultName !== undefined && ["vault-forbidden", "encryption-key-forbidden"].includes(code)
				? readVault(vaultName)
				: code === "token-unavailable"
					? "az login"
					: next;
	return { right, result: "missing", code, says: ownSentence(fault), next: given };
}
