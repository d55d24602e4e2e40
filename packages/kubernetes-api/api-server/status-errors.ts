/**
 * Refusals as the real server words them: a `Status` object with reason, details and code.
 * Messages and details were compared with a real kube-apiserver by the contract suite.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
import type { Resource } from "./resource.ts";

/** One thing that is wrong with an object; `reason` as in `FieldValueInvalid`. */
export interface Cause {
	field: string;
	reason: "Required" | "Invalid" | "Forbidden" | "NotFound" | "Duplicate" | "NotSupported" | "TypeInvalid";
	message: string;
}

/** Causes in the real server's words. */
export const required = (field: string, why = ""): Cause => ({
	field,
	reason: "Required",
	message: why ? `Required value: ${why}` : "Required value",
});
export const wrong = (field: string, value: unknown, why: string): Cause => ({
	field,
	reason: "Invalid",
	message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
});
export const locked = (field: string, why: string): Cause => ({
	field,
	reason: "Forbidden",
	message: `Forbidden: ${why}`,
});
export const unsupported = (field: string, value: unknown, supported: readonly unknown[]): Cause => ({
	field,
	reason: "NotSupported",
	message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((one) => JSON.stringify(one)).join(", ")}`,
});

export interface Status {
	kind: "Status";
	apiVersion: "v1";
	metadata: object;
	status: "Success" | "Failure";
	message?: string;
	reason?: string;
	details?: object;
	code?: number;
}

/** Thrown anywhere below the server, answered as its status. */
export class ApiError extends Error {
	readonly status: Status & { code: number };
	readonly headers: Record<string, string>;

	constructor(code: number, reason: string | undefined, message: string, details?: object, headers = {}) {
		super(message);
		const failure = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" } as const;
		this.status = { ...failure, message, reason, details, code };
		this.headers = headers;
	}
}

/** `deployments.apps "web"`, as every message begins. */
const named = (resource: Resource, name: string) => `${qualified(resource)} "${name}"`;
const qualified = ({ plural, group }: Resource) => (group ? `${plural}.${group}` : plural);
const details = ({ plural, group }: Resource, name: string) => ({ name, group: group || undefined, kind: plural });

export const badRequest = (message: string) => new ApiError(400, "BadRequest", message);

export const unauthorized = () => new ApiError(401, "Unauthorized", "Unauthorized");

export const forbidden = (resource: Resource, name: string | undefined, why: string) =>
	new ApiError(
		403,
		"Forbidden",
		`${name ? named(resource, name) : qualified(resource)} is forbidden: ${why}`,
		details(resource, name ?? ""),
	);

export const notFound = (resource: Resource, name: string) =>
	new ApiError(404, "NotFound", `${named(resource, name)} not found`, details(resource, name));

export const noSuchResource = () =>
	new ApiError(404, "NotFound", "the server could not find the requested resource", {});

export const methodNotAllowed = () =>
	new ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});

export const notAcceptable = () =>
	new ApiError(406, "NotAcceptable", "only the following media types are accepted: application/json", {});

export const alreadyExists = (resource: Resource, name: string) =>
	new ApiError(409, "AlreadyExists", `${named(resource, name)} already exists`, details(resource, name));

export const conflict = (
	resource: Resource,
	name: string,
	why = "the object has been modified; please apply your changes to the latest version and try again",
) =>
	new ApiError(
		409,
		"Conflict",
		`Operation cannot be fulfilled on ${named(resource, name)}: ${why}`,
		details(resource, name),
	);

/** Other field managers own what an apply wants to change. */
export const applyConflict = (conflicts: { field: string; owner: string }[]) => {
	const sentences = [...new Set(conflicts.map(({ owner }) => owner))].map((owner) => {
		const fields = conflicts.filter((one) => one.owner === owner).map(({ field }) => field);
		return fields.length === 1
			? `conflict with ${owner}: ${fields[0]}`
			: `conflicts with ${owner}:\n${fields.map((field) => `- ${field}`).join("\n")}`;
	});
	return new ApiError(
		409,
		"Conflict",
		`Apply failed with ${conflicts.length} conflict${conflicts.length === 1 ? "" : "s"}: ${sentences.join("\n")}`,
		{
			causes: conflicts.map(({ field, owner }) => ({
				reason: "FieldManagerConflict",
				message: `conflict with ${owner}`,
				field,
			})),
		},
	);
};

export const expired = (asked: number, oldest: number) =>
	new ApiError(410, "Expired", `too old resource version: ${asked} (${oldest})`);

export const unsupportedMediaType = (accepted: string[]) =>
	new ApiError(
		415,
		"UnsupportedMediaType",
		`the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
		{},
	);

export const invalid = (of: { kind: string; group: string }, name: string, causes: Cause[]) => {
	const sentences = causes.map(({ field, message }) => `${field}: ${message}`);
	const all = sentences.length === 1 ? sentences[0] : `[${sentences.join(", ")}]`;
	return new ApiError(422, "Invalid", `${of.group ? `${of.kind}.${of.group}` : of.kind} "${name}" is invalid: ${all}`, {
		name: name || undefined,
		group: of.group || undefined,
		kind: of.kind,
		causes: causes.map(({ field, reason, message }) => ({ reason: `FieldValue${reason}`, message, field })),
	});
};

/** A JSON patch whose operations do not fit the object: the real server does not say which. */
export const unfitPatch = () =>
	new ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {});

export const success = (resource: Resource, name: string, uid?: string): Status => ({
	kind: "Status",
	apiVersion: "v1",
	metadata: {},
	status: "Success",
	details: { ...details(resource, name), uid },
});
