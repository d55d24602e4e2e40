// Signed heads in memory: two stores, a signer whose signatures nobody checks, and ways to break each.

import type { Fault } from "../../src/lib/domain/fault.ts";
import type { SignedHead } from "../../src/lib/domain/head.ts";
import type { HeadSigner, HeadStore, Heads } from "../../src/lib/ports/audit-head.ts";
import type { Hooks } from "./hooks.ts";

export interface MemoryHeads {
	readonly heads: Heads;
	readonly beside: SignedHead[];
	readonly copy: SignedHead[];
	/** Signing, or one of the stores, answers with this fault. @returns a function that restores it */
	refuse(part: "sign" | "beside" | "copy", fault: Fault): () => void;
}

const key = "https://titanic-kv-prod.vault.azure.net/keys/audit-head/00000000000000000000000000000001";

/** Effects: `sign head`, `heads beside`, `heads copy`. */
export function memoryHeads({ hooks = {} }: { hooks?: Hooks } = {}): MemoryHeads {
	const refusals = new Map<string, Fault>();
	const during = async <T>(part: string, effect: string, act: () => T): Promise<T> => {
		await hooks.before?.(effect);
		const refusal = refusals.get(part);
		if (refusal) throw refusal;
		const result = act();
		await hooks.after?.(effect);
		return result;
	};
	const store = (part: "beside" | "copy", kept: SignedHead[]): HeadStore => ({
		append: (head) => during(part, `heads ${part}`, () => void kept.push(head)),
	});
	const [beside, copy]: [SignedHead[], SignedHead[]] = [[], []];
	const signer: HeadSigner = {
		sign: () => during("sign", "sign head", () => ({ signature: new Uint8Array(64), key })),
	};
	return {
		heads: {
			signer,
			beside: {
				...store("beside", beside),
				all: async function* () {
					yield* beside;
				},
			},
			copy: store("copy", copy),
		},
		beside,
		copy,
		refuse(part, fault) {
			refusals.set(part, fault);
			return () => void refusals.delete(part);
		},
	};
}
