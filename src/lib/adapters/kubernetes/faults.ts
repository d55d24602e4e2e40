// What the API server, or the network on the way to it, says when it does not do what was asked.
// FA1. By status code, reason and error code, never by message: messages carry names, values and other people's texts.
// FA2. "Absent" is said by the cluster alone. Otherwise: a proxy's 404, or a CRD that is gone, passes for an object that
//      was deleted.

import { ApiException } from "@kubernetes/client-node";
import { Fault } from "../../domain/fault.ts";

/** What a call asks for, in the words of an RBAC rule. */
export interface Target {
	readonly verb: "get" | "list" | "patch";
	/** As rules name it: `deployments` */
	readonly resource: string;
	readonly namespace: string;
	readonly name?: string;
}

/** @returns a Fault for what cluster, network or token failed; any other error as it is: a defect of ours */
export function asFault(error: unknown, cluster: string, target: Target): unknown {
	if (error instanceof Fault) return error;
	if (error instanceof ApiException) return ofAnswer(error, cluster, target);
	const code = ofNetwork(error);
	return code === undefined ? error : new Fault(code, { cluster }, error);
}

function ofAnswer(error: ApiException<unknown>, cluster: string, target: Target): Fault {
	const object = objectOf(target);
	const { code } = error;
	const status = statusOf(error.body);
	if (code === 401) return new Fault("cluster-unauthorized", { cluster }, error);
	// an admission webhook says 403 too, but not which resource the caller lacks a right on
	if (code === 403 && status?.details)
		return new Fault("cluster-forbidden", { cluster, right: rightOf(target) }, error);
	if (code === 409) return new Fault("cluster-conflict", { cluster, object }, error);
	if (code === 408 || code === 429 || code >= 500) return new Fault("cluster-unreachable", { cluster }, error);
	const reason = reasons.find((known) => known === status?.reason) ?? "no reason that Kubernetes knows";
	return new Fault("cluster-rejected", { cluster, object, detail: `HTTP ${code}, ${reason}` }, error);
}

/** Says the API server that this very object does not exist? */
export const saysAbsent = (error: unknown): boolean => {
	if (!(error instanceof ApiException) || error.code !== 404) return false;
	const status = statusOf(error.body);
	return status?.reason === "NotFound" && status.details?.name !== undefined;
};

/** `patch deployments/titanic-api in namespace titanic-api` */
const rightOf = ({ verb, resource, namespace, name }: Target): string =>
	`${verb} ${resource}${name === undefined ? "" : `/${name}`} in namespace ${namespace}`;

const objectOf = ({ resource, namespace, name }: Target): string =>
	name === undefined ? `${resource} of ${namespace}` : `${resource} ${namespace}/${name}`;

interface Status {
	readonly reason?: string;
	readonly details?: { readonly name?: string };
}

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

/** `undefined` for an error that is not the network's: fetch puts what happened into `cause.code`. */
function ofNetwork(error: unknown): "cluster-untrusted" | "cluster-unreachable" | undefined {
	const { name, cause } = (error ?? {}) as { name?: unknown; cause?: { code?: unknown } };
	// a SyntaxError is an answer that was cut off
	if (name === "TimeoutError" || name === "SyntaxError") return "cluster-unreachable";
	const code = cause?.code;
	// fetch's own word, without a code: a redirect that leads nowhere. A defect of ours has no cause.
	if (typeof code !== "string") return name === "TypeError" && cause ? "cluster-unreachable" : undefined;
	return untrusted.test(code) ? "cluster-untrusted" : "cluster-unreachable";
}
