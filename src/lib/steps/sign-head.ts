// The last thing of a rotation and of a sweep: the audit log's head is signed, and kept in two places.
// SG1. Whatever becomes of it, the rotation is over. Otherwise: a key that is throttled keeps a rotation running, whose
//      password is live. So it is a step of its own, after the rotation's record; the sweep signs what it left unsigned.
// SG2. Both places are tried, whatever the other one says. Otherwise: anyone who spoils the one beside the log keeps the
//      copy from being written.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import { signedHead } from "../domain/signed-head.ts";
import type { Activity, Ids } from "./boundary.ts";

export const signHead: Activity<Ids, { code: "head-signed" | "head-unsigned" }> = async (ports) => ({
	code: (await signNow(ports)).signed ? "head-signed" : "head-unsigned",
});

/**
 * Signs the head as it is now. Not an entry of the log: the signature is the record, and an entry would be unsigned.
 * @returns whether it was, and which parts no setting names
 * @throws Fault of the log, the key or one of the stores; signed twice is as good as once
 */
export async function signNow(ports: Ports): Promise<{ signed: boolean; missing: Fault[] }> {
	const { signer, beside, copy } = await ports.heads();
	const head = await (await ports.audit()).head();
	if (!head) return { signed: false, missing: [] };
	if (!signer) return { signed: false, missing: [new Fault("head-unsigned", { log: head.log })] };
	const signed = await signedHead(signer, head, ports.clock.now());
	// One after the other: the same order of effects in every run.
	const failed: unknown[] = [];
	for (const store of [beside, copy]) await store?.append(signed).catch((error) => failed.push(error));
	if (failed.length > 0) throw failed[0];
	return { signed: true, missing: copy ? [] : [new Fault("head-uncopied", { log: head.log })] };
}
