// The checks of a plan, in the order they are made: what each looked for, and what it found.
// CK1. A fault that may pass is thrown and leaves no entry: the step comes again, and repeats its checks.
// CK2. Whatever refuses or warns has been looked for by a check. Otherwise: a dry run shows a refusal that no check explains.
//      Kept by: dry-run.test.ts.

import type { Fault, FaultCode } from "../domain/fault.ts";
import type { Check } from "../domain/rotation.ts";
import { asFault } from "./boundary.ts";

export interface Checklist {
	readonly made: readonly Check[];
	/** What was found and does not refuse. */
	readonly warnings: readonly Fault[];
	/**
	 * @param check a sentence that is true where nothing is found
	 * @param weigh what a fault does; by default each one refuses
	 * @returns the fault that refuses, or nothing
	 */
	look(check: string, where: () => Promise<Fault | undefined>, weigh?: Weigh): Promise<Fault[]>;
}

export type Weigh = (fault: Fault) => "refused" | "warned";

export function checklist(): Checklist {
	const made: Check[] = [];
	const warnings: Fault[] = [];
	return {
		made,
		warnings,
		async look(check, where, weigh = () => "refused") {
			const fault = await where().catch((error) => asFault(error, "plan"));
			if (fault?.transient) throw fault;
			if (!fault) {
				made.push({ check, result: "passed" });
				return [];
			}
			const result = weigh(fault);
			made.push({ check, result, code: fault.code, message: fault.sentence });
			if (result === "refused") return [fault];
			warnings.push(fault);
			return [];
		},
	};
}

/** Those up to the one that refused with this code: what was looked for after it decided nothing. */
export function upTo(code: FaultCode, made: readonly Check[]): readonly Check[] {
	const last = made.findIndex((check) => check.result === "refused" && check.code === code);
	return last < 0 ? made : made.slice(0, last + 1);
}
