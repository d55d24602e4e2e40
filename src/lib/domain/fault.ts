// Everything that can go wrong, as a closed list: a code, a sentence naming the thing at fault, the next step.
// F1. A fault names what is at fault: one that does not, does not compile.
// F2. Nothing foreign gets into a fault's text (SDK messages carry URLs, bodies, tokens): foreign errors are kept where
//     only `foreign()` finds them. `Error.cause` would be printed by console.log. Kept by: fault.test.ts.
// F3. What a code leaves, its HTTP status and whether waiting helps are said by its kind, and asked here only.
// F4. A sentence has an end: names come from manifests and answers of any length. Otherwise: a status does not fit into durable
//     storage, and the rotation dies of it. Kept by: fault.test.ts.

import { csiDriverFaults } from "../paths/csi-driver/faults.ts";
import { externalSecretsFaults } from "../paths/external-secrets/faults.ts";
import { fluxSopsFaults } from "../paths/flux-sops/faults.ts";
import { kubernetesSecretFaults } from "../paths/kubernetes-secret/faults.ts";
import { kustomizeGeneratorFaults } from "../paths/kustomize-generator/faults.ts";
import { workloadIdentityFaults } from "../paths/workload-identity/faults.ts";
import { postgresFaults } from "../targets/postgres/faults.ts";
import { approvalFaults } from "./faults/approval.ts";
import { backupFaults } from "./faults/backup.ts";
import { clusterFaults } from "./faults/cluster.ts";
import { driftFaults } from "./faults/drift.ts";
import type { Kind } from "./faults/kind.ts";
import { notificationFaults } from "./faults/notification.ts";
import { platformFaults } from "./faults/platform.ts";
import { requestFaults } from "./faults/request.ts";
import { vaultFaults } from "./faults/vault.ts";
import { oneLine } from "./line.ts";
import { saidBy } from "./said.ts";

const kinds = {
	...vaultFaults,
	...postgresFaults,
	...clusterFaults,
	...csiDriverFaults,
	...kubernetesSecretFaults,
	...externalSecretsFaults,
	...fluxSopsFaults,
	...kustomizeGeneratorFaults,
	...workloadIdentityFaults,
	...driftFaults,
	...platformFaults,
	...notificationFaults,
	...requestFaults,
	...approvalFaults,
	...backupFaults,
};

/** Each code and what it must name. */
export type Faults = { [C in keyof typeof kinds]: (typeof kinds)[C] extends Kind<infer Names> ? Names : never };

export type FaultCode = keyof Faults;
export type Leaves = Kind<never>["leaves"];

const kindOf = <C extends FaultCode>(code: C) => kinds[code] as unknown as Kind<Faults[C]>;

const mostCharacters = 2_000;

function sentenceOf<C extends FaultCode>(code: C, names: Faults[C], foreign: unknown): string {
	const { says, tellsCode } = kindOf(code);
	const said = tellsCode && saidBy(foreign);
	const sentence = oneLine(said ? says(names).replace(/\.$/, ` (${said}).`) : says(names));
	return sentence.length <= mostCharacters
		? sentence
		: `${sentence.slice(0, mostCharacters).toWellFormed()} ... (cut off)`;
}

/**
 * The one error of this project.
 * @param code from the closed list above
 * @param names what is at fault, in the shape that the code asks for; never a secret, verifier, token or connection string
 * @param foreign the error it was made of, for `foreign()` only
 */
export class Fault<C extends FaultCode = FaultCode> extends Error {
	override readonly name = "Fault";
	readonly code: C;
	readonly names: Faults[C];
	/** Without the code. */
	readonly sentence: string;
	readonly #foreign: unknown;
	constructor(code: C, names: Faults[C], foreign?: unknown) {
		const sentence = sentenceOf(code, names, foreign);
		super(`[${code}] ${sentence}`);
		this.sentence = sentence;
		this.code = code;
		this.names = names;
		this.#foreign = foreign;
	}
	/** The SDK's or driver's error, for a debugger. It may hold secrets: never print, store or throw it. */
	foreign(): unknown {
		return this.#foreign;
	}
	/** The same call may work the next moment. */
	get transient(): boolean {
		return ["always", "turn"].includes(kinds[this.code].waitingHelps);
	}
	get leaves(): Leaves {
		return kinds[this.code].leaves;
	}
	/** Of the HTTP answer. */
	get status(): number {
		return kinds[this.code].status;
	}
	get next(): string {
		return kinds[this.code].next;
	}
}

/** What is left of a fault in durable history, records, audit and answers: texts of ours only. */
export interface Problem {
	readonly code: FaultCode;
	readonly message: string;
	readonly next: string;
}

export const problemOf = (fault: Fault): Problem => ({ code: fault.code, message: fault.sentence, next: fault.next });

/** Every code, for the documents and the tests that hold them together. */
export const faultCodes = Object.keys(kinds) as FaultCode[];

/** A code as the documents explain it; `<name>` stands for what a fault names. */
export function explained(code: FaultCode): Omit<Kind<never>, "says"> & { readonly says: string } {
	const { says, ...kind } = kinds[code];
	const names = new Proxy({}, { get: (_, name) => `<${String(name)}>` });
	return { says: (says as (names: unknown) => string)(names), ...kind };
}

export const nextStepOf = (code: FaultCode): string => kinds[code].next;
export const waitingHelps = (code: FaultCode): Kind<never>["waitingHelps"] => kinds[code].waitingHelps;
export const leavesOf = (code: FaultCode): Leaves => kinds[code].leaves;

/**
 * The code of a fault that crossed the durable boundary as text (`Activity function 'x' failed: [code] ...`).
 * @returns `undefined` when the text carries none of our codes
 */
export function codeInText(text: string): FaultCode | undefined {
	const found = /\[([a-z-]+)\]/.exec(text)?.[1];
	return found !== undefined && Object.hasOwn(kinds, found) ? (found as FaultCode) : undefined;
}
