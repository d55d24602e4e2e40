// How everything that was asked for has ended: the audit log has what was asked for, the API says how it ended.

import { BlobServiceClient } from "@azure/storage-blob";
import type { Stack } from "../stack.ts";
import { identities } from "../world.ts";

/** As much of an audit record as is looked at. */
interface Recorded {
	readonly data: { readonly rotationId: string; readonly step: string; readonly phase: string; readonly code?: string };
}

export interface Outcomes {
	readonly byOutcome: Record<string, number>;
	/** Ids of rotations that the API knows and that have no outcome. */
	readonly open: readonly string[];
	readonly asked: number;
}

export async function outcomesOf(stack: Stack): Promise<Outcomes> {
	const asked = new Map<string, "asked" | "already-running">();
	const begun = new Set<string>();
	for await (const { data } of auditRecords(stack)) {
		if (!data.rotationId.includes(".")) continue;
		if (data.step !== "trigger") begun.add(data.rotationId);
		else if (data.code === "already-running") asked.set(data.rotationId, "already-running");
		else if (!asked.has(data.rotationId)) asked.set(data.rotationId, "asked");
	}
	const byOutcome: Record<string, number> = {};
	const open: string[] = [];
	const count = (outcome: string) => {
		byOutcome[outcome] = (byOutcome[outcome] ?? 0) + 1;
	};
	for (const [rotationId, state] of asked) {
		if (state === "already-running") {
			count("joined the one that ran");
			continue;
		}
		const answer = await stack.api(`rotations/${rotationId}`, { roles: ["Rotation.Read"] });
		const { outcome, code } = (await answer.json()) as { outcome?: string; code?: string };
		// Its record was never written: the host died, or its bundle was exchanged, and a later one went on.
		if (answer.status === 404) count(begun.has(rotationId) ? "cut short, continued by another" : "recorded, then cut");
		else if (answer.ok && outcome !== undefined) count(outcome);
		else open.push(`${rotationId}: ${answer.status} ${code ?? "no outcome"}`);
	}
	return { byOutcome, open, asked: asked.size };
}

async function* auditRecords({ azurite, identity }: Stack): AsyncGenerator<Recorded> {
	const credential = identity.managedIdentity(identities.rotator).credential();
	const container = new BlobServiceClient(azurite.url, credential).getContainerClient("audit");
	for await (const { name } of container.listBlobsFlat({ prefix: "audit/" })) {
		const text = (await container.getBlobClient(name).downloadToBuffer()).toString("utf8");
		for (const line of text.split("\n")) if (line) yield JSON.parse(line) as Recorded;
	}
}
