// What the API server, or the network on the way to it, says when it does not do what was asked.
// FA1. By status code, reason and error code: messages carry names, values and other people's texts. What only a message says
//      (who denied it, whose webhook is silent, what etcd said) is read by the API server's own fixed forms: admission.ts.
// FA2. "Absent" is said by the cluster alone. Otherwise: a proxy's 404, or a CRD that is gone, passes for an object that
//      was deleted.

import { ApiException } from "@kubernetes/client-node";
import { Fault } from "../../domain/fault.ts";
import { denierIn, isDenied, lacksRight, silentIn } from "./admission.ts";

/** What a call asks for, in the words of an RBAC rule. */
export interface Target {
	readonly verb: "get" | "list" | "patch" | "create";
	/** As rules name it: `deployments` */
	readonly resource: string;
	/** Absent for what belongs to none. */
	readonly namespace?: string;
	readonly name?: string;
}

/** @returns a Fault for what cluster, network or token failed; any other error as it is: a defect of ours */
export function asFault(error: unknown, cluster: string, target: Target): unknown {
	if (error instanceof Fault) return error;
	if (error instanceof ApiException) return ofAnswer(error, cluster, target);
	const failure = ofNetwork(error);
	return failure === undefined ? error : new Fault(failure.code, { cluster, detail: failure.detail }, error);
}

function ofAnswer(error: ApiException<unknown>, cluster: string, target: Target): Fault {
	const object = objectOf(target);
	const { code, headers } = error;
	const status = statusOf(error.body);
	const message = typeof status?.message === "string" ? status.message : "";
	const answer = `HTTP ${code}, ${status ? reasonOf(status) : "from something that is not the Kubernetes API"}`;
	const { verb } = target;
	const denied = (by: string) => new Fault("cluster-denied", { cluster, object, verb, by, answer }, error);
	// First, whatever the status: a webhook or policy chooses its own.
	const by = denierIn(message);
	if (by !== undefined) return denied(by);
	const webhook = silentIn(message);
	if (webhook !== undefined) return new Fault("webhook-silent", { cluster, object, verb, webhook, answer }, error);
	if (code === 401) return new Fault("cluster-unauthorized", { cluster }, error);
	if (code === 403 && isDenied(message)) return denied("an admission plugin");
	// without details, a front end's word: it does not say which resource the caller lacks a right on
	if (code === 403 && (status?.details || lacksRight(message)))
		return new Fault("cluster-forbidden", { cluster, right: rightOf(target) }, error);
	// it was there when it was read
	const isGone = code === 404 && verb === "patch" && saysAbsent(error);
	if (code === 409 || isGone) return new Fault("cluster-conflict", { cluster, object }, error);
	if (code === 404 && !status?.details?.name)
		return new Fault("cluster-unserved", { cluster, resource: target.resource, answer }, error);
	if (code === 429) return new Fault("cluster-throttled", { cluster, answer: `${answer}${waitIn(headers)}` }, error);
	const store = storeIn(message);
	if (store === "request is too large")
		return new Fault("cluster-rejected", { cluster, object, detail: `${answer}, etcd: ${store}` }, error);
	if (code === 408 || code >= 500) {
		const detail = store === undefined ? answer : `${answer}, etcd: ${store}`;
		return new Fault("cluster-failed", { cluster, detail }, error);
	}
	return new Fault("cluster-rejected", { cluster, object, detail: `${answer}${fieldIn(status)}` }, error);
}

/** `, Retry-After 3 s` */
const waitIn = (headers: Record<string, string>): string => {
	const seconds = headers["retry-after"] ?? "";
	return /^\d{1,5}$/.test(seconds) ? `, Retry-After ${seconds} s` : "";
};

/** What the API server hands on of its store. @see https://github.com/etcd-io/etcd, api/v3rpc/rpctypes/error.go */
const storeIn = (message: string): string | undefined =>
	/etcdserver: (leader changed|no leader|not capable|too many requests|mvcc: database space exceeded|request timed out|request is too large)/.exec(
		message,
	)?.[1];

/** `, FieldValueInvalid at spec.template.spec.containers[0].image`: the field, never what it holds. */
function fieldIn(status: Status | undefined): string {
	const { reason = "", field = "" } = status?.details?.causes?.[0] ?? {};
	if (!/^[A-Z][A-Za-z]{1,40}$/.test(reason) || !/^[a-z][A-Za-z]*(\.[A-Za-z]+|\[\d{1,4}\])*$/.test(field)) return "";
	return `, ${reason} at ${field}`;
}

/** Does the API server say that this very object does not exist? */
export const saysAbsent = (error: unknown): boolean => {
	if (!(error instanceof ApiException) || error.code !== 404) return false;
	const status = statusOf(error.body);
	return status?.reason === "NotFound" && status.details?.name !== undefined;
};

/** `patch deployments/titanic-api in namespace titanic-api` */
const rightOf = ({ verb, resource, namespace, name }: Target): string =>
	`${verb} ${resource}${name === undefined ? "" : `/${name}`}${namespace === undefined ? "" : ` in namespace ${namespace}`}`;

const objectOf = ({ resource, namespace, name }: Target): string =>
	name === undefined
		? `${resource} of ${namespace}`
		: `${resource} ${namespace === undefined ? "" : `${namespace}/`}${name}`;

interface Status {
	readonly reason?: string;
	readonly message?: unknown;
	readonly details?: { readonly name?: string; readonly causes?: readonly Cause[] };
}

interface Cause {
	readonly reason?: string;
	readonly field?: string;
}

const reasonOf = ({ reason }: Status): string =>
	reasons.find((known) => known === reason) ?? "no reason that Kubernetes knows";

/** The SDK hands on the body of an error as text. */
function statusOf(body: unknown): Status | undefined {
	try {
		const status = typeof body === "string" ? JSON.parse(body) : body;
		return status?.kind === "Status" ? status : undefined;
	} catch {
		return undefined;
	}
}

/** @see https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#StatusReason */
const reasons = [
	"BadRequest",
	"Unauthorized",
	"AlreadyExists",
	"Conflict",
	"ServerTimeout",
	"Timeout",
	"TooManyRequests",
	"InternalError",
	"ServiceUnavailable",
	"StorageReadError",
	"Forbidden",
	"NotFound",
	"MethodNotAllowed",
	"NotAcceptable",
	"UnsupportedMediaType",
	"RequestEntityTooLarge",
	"Invalid",
	"Gone",
	"Expired",
] as const;

/** OpenSSL's verification errors, as Node.js names them. @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const untrusted =
	/^(ERR_TLS_CERT|CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF))/;

/** A code of Node.js, OpenSSL or undici: nothing else of a foreign text may get into a fault. */
const word = /^[A-Z][A-Z0-9_]{2,60}$/;

/** `undefined` for an error that is not the network's: fetch puts what happened into `cause.code`. */
function ofNetwork(error: unknown) {
	const { name, cause } = (error ?? {}) as { name?: unknown; cause?: { code?: unknown } };
	const unreachable = (detail: string) => ({ code: "cluster-unreachable", detail }) as const;
	if (name === "TimeoutError") return unreachable("no answer in time");
	if (name === "SyntaxError") return unreachable("an answer that was cut off");
	const code = cause?.code;
	// fetch's own word, without a code: a redirect that leads nowhere. A defect of ours has no cause.
	if (typeof code !== "string") return name === "TypeError" && cause ? unreachable("a redirect") : undefined;
	const detail = word.test(code) ? code : "no code";
	return untrusted.test(code) ? ({ code: "cluster-untrusted", detail } as const) : unreachable(detail);
}
