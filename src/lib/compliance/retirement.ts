// What was live before, of two roles that take turns: whether it can be retired now.

import type { Ports } from "../app.ts";
import { type Problem, problemOf } from "../domain/fault.ts";
import { asFault } from "../steps/boundary.ts";
import { openSession } from "../steps/login.ts";
import { managed } from "../steps/managed.ts";
import { keptBy, retirable } from "../steps/retirable.ts";

/** @returns what keeps it; `undefined` where nothing is to be retired */
export async function retirementOf(ports: Ports, id: string): Promise<"due" | Problem | undefined> {
	try {
		const target = await managed(ports, id);
		const found = await retirable(ports, target);
		if (!found) return undefined;
		await using session = await openSession(ports, target, []);
		const fault = await keptBy(session, found);
		return fault ? problemOf(fault) : "due";
	} catch (error) {
		return problemOf(asFault(error, "sweep"));
	}
}
