// Orders that wait for an approval: a blob `approvals/<secret>/<id>.json` each, and a place in a list as runs that are over have one
// (ended-runs.ts): an empty blob `asked/<time>.<id>`, the latest first.
// ABL1. A change is made to what was read, by its ETag. Otherwise: of two who decide at once the second overwrites the first.
//       Kept by: record-store.test.ts.
// ABL2. Whether it counts follows from the audit log, and never from what lies here (steps/approval.ts). Lists believe it.

import type { ContainerClient } from "@azure/storage-blob";
import { type Approval, type ApprovalLine, approvalStates, lineOf } from "../../domain/approval.ts";
import { secretOfRotation } from "../../domain/ids.ts";
import type { ListedApprovals, RecordStore } from "../../ports/record-store.ts";
import { patience } from "./container.ts";
import { codeOf } from "./faults.ts";

interface Blobs {
	write(name: string, value: object, only: { readonly etag: string | undefined }, line: Metadata): Promise<void>;
	read<T>(name: string, check: (value: unknown) => value is T): Promise<{ value: T; etag?: string } | undefined>;
}
type Metadata = { readonly approval: string };

const asked = "asked/";
/** 13 digits until the year 2286. */
const last = 9_999_999_999_999;
const mostPages = 10;
const mostTries = 5;

export function blobApprovals(
	container: ContainerClient,
	{ write, read }: Blobs,
	orFault: <T>(work: Promise<T>) => Promise<T>,
): Pick<RecordStore, "addApproval" | "changeApproval" | "approval" | "approvalsOf" | "approvals"> {
	/** Its place in the list, as it is now. */
	async function list(approval: Approval): Promise<void> {
		const { id, askedAt } = approval.request;
		const name = `${asked}${String(last - Date.parse(askedAt)).padStart(13, "0")}.${id}`;
		await container.getBlockBlobClient(name).upload("", 0, { abortSignal: patience(), metadata: metadataOf(approval) });
	}

	async function find(id: string) {
		const name = nameOf(id);
		return name === undefined ? undefined : read(name, isApproval(id));
	}

	async function save(approval: Approval, etag: string | undefined): Promise<void> {
		await write(nameOf(approval.request.id)!, approval, { etag }, metadataOf(approval));
		await list(approval);
	}

	async function change(id: string, make: (found: Approval) => Approval | undefined): Promise<Approval | undefined> {
		for (let tries = 1; ; tries++) {
			const found = await find(id);
			const made = found && make(found.value);
			if (!found || !made) return found?.value;
			try {
				await save(made, found.etag);
				return made;
			} catch (error) {
				if (tries === mostTries || codeOf(error) !== "ConditionNotMet") throw error;
			}
		}
	}

	async function add(approval: Approval): Promise<void> {
		const found = await find(approval.request.id);
		await save(approval, found?.etag);
	}

	async function of(secret: string): Promise<ApprovalLine[]> {
		const prefix = `approvals/${secret}/`;
		const options = { prefix, includeMetadata: true as const, abortSignal: patience() };
		const lines: ApprovalLine[] = [];
		for await (const { name, metadata } of container.listBlobsFlat(options))
			lines.push(...lineIn(name.slice(prefix.length).replace(/\.json$/, ""), metadata?.approval));
		return lines;
	}

	return {
		addApproval: (approval) => orFault(add(approval)),
		changeApproval: (id, make) => orFault(change(id, make)),
		approval: async (id) => (await orFault(find(id)))?.value,
		approvalsOf: (secret) => orFault(of(secret)),
		approvals: (wanted) => orFault(listed(container, wanted)),
	};
}

async function listed(
	container: ContainerClient,
	{ since, after, most, passes = () => true }: ListedApprovals,
): Promise<{ approvals: ApprovalLine[]; next?: string }> {
	const approvals: ApprovalLine[] = [];
	let place = after;
	for (let pages = 0; pages < mostPages; pages++) {
		const options = { prefix: asked, includeMetadata: true as const, abortSignal: patience() };
		const list = container.listBlobsFlat(options).byPage({
			maxPageSize: most - approvals.length,
			...(place !== undefined && { continuationToken: place }),
		});
		const page = (await list.next()).value;
		for (const { name, metadata } of page?.segment.blobItems ?? []) {
			const time = last - Number(name.slice(asked.length, asked.length + 13));
			if (since && time < since.getTime()) return { approvals };
			approvals.push(...lineIn(name.slice(asked.length + 14), metadata?.approval).filter(passes));
		}
		place = page?.continuationToken || undefined;
		if (place === undefined || approvals.length === most) break;
	}
	return { approvals, ...(place !== undefined && { next: place }) };
}

function nameOf(id: string): string | undefined {
	const secret = secretOfRotation(id);
	return secret === undefined ? undefined : `approvals/${secret}/${id}.json`;
}

const metadataOf = (approval: Approval): Metadata => ({ approval: JSON.stringify(lineOf(approval)) });

/** Somebody else may have written it: what does not have the form is none. */
function lineIn(id: string, text: string | undefined): ApprovalLine[] {
	try {
		const line = JSON.parse(text ?? "") as ApprovalLine;
		const texts = [line.rotationId, line.requestedAt, line.expiresAt, line.planDigest, line.requestedBy.kind];
		const isWhole =
			line.id === id &&
			line.secret === secretOfRotation(id) &&
			texts.every((one) => typeof one === "string") &&
			!Number.isNaN(Date.parse(line.expiresAt)) &&
			approvalStates.includes(line.state);
		return isWhole ? [line] : [];
	} catch {
		return [];
	}
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Only its form is checked here: whether it is true is checked when somebody decides (steps/approval.ts). */
const isApproval =
	(id: string) =>
	(value: unknown): value is Approval => {
		if (!isObject(value) || !isObject(value.request) || !isObject(value.place)) return false;
		const { request, place, state } = value;
		const texts = [request.rotationId, request.requestedAt, request.askedAt, request.expiresAt, request.planDigest];
		return (
			request.id === id &&
			request.secret === secretOfRotation(id) &&
			texts.every((one) => typeof one === "string") &&
			[request.order, request.requestedBy, request.plan, request.parts].every(isObject) &&
			typeof place.blob === "string" &&
			Number.isSafeInteger(place.offset) &&
			typeof state === "string"
		);
	};
