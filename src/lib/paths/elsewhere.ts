// Does a container take a secret's value from where this path does not bring it? Found by the value that is live now.
// EW1. A Secret that the app may not read is left out, unless it is used under the secret's own name: then the right is asked
//      for. Otherwise: every Secret of a workload, its TLS keys too, would have to be readable to the app.
// EW2. A value that the template itself holds is never repeated: faults name its place.
// Both kept by: elsewhere.test.ts.

import type { V1Secret } from "@kubernetes/client-node";
import { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import { type WorkloadRef, workloadText } from "../domain/workload.ts";
import type { Sources } from "../kinds/sources.ts";
import type { Wanted } from "../ports/delivery-path.ts";
import { type Copy, sameName } from "./copies.ts";

/** @param copies the keys that the path renews: what is taken from there is proved */
export async function elsewhere(
	ref: WorkloadRef,
	sources: Sources,
	copies: readonly Copy[],
	wanted: readonly Wanted[],
	findSecret: (namespace: string, name: string) => Promise<V1Secret | undefined>,
): Promise<Fault | undefined> {
	const { namespace } = ref;
	const fault = (place: string, secret: string) =>
		new Fault("source-elsewhere", { workload: workloadText(ref), place, secret });
	for (const { value, place } of sources.literals) {
		const held = wanted.find(({ live }) => live && holds(Buffer.from(value), live));
		if (held) return fault(place, held.secret);
	}
	for (const { secret: name, key: used, place } of sources.secrets) {
		const isCopy = (key: string) => copies.some((copy) => copy.secret === name && copy.key === key);
		if (used !== undefined && isCopy(used)) continue;
		const secret = await findSecret(namespace, name).catch((error) => {
			const isOurs = wanted.some((one) => used !== undefined && sameName(one.secret, used));
			if (!isOurs && error instanceof Fault && error.code === "cluster-forbidden") return undefined;
			throw error;
		});
		for (const [key, encoded] of Object.entries(secret?.data ?? {})) {
			if (isCopy(key) || (used !== undefined && used !== key)) continue;
			const held = wanted.find(({ live }) => live && holds(Buffer.from(encoded, "base64"), live));
			if (held) return fault(`Secret ${namespace}/${name}, key ${key} (${place})`, held.secret);
		}
	}
	return undefined;
}

/** A short value is in many texts by chance. */
const holds = (value: Buffer, live: Password): boolean => {
	const text = Buffer.from(live.reveal());
	return text.length < 8 ? value.equals(text) : value.includes(text);
};
