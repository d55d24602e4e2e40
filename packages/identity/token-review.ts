// The webhook that a Kubernetes API server asks who a bearer token is, as AKS has one for Entra tokens.
// R1. A bad token is an answer (`authenticated: false`), never an HTTP error. Otherwise: the API server takes it for
//     an outage of the webhook and retries. Kept by: identity.test.ts.
import type { Answer, Request } from "../loopback/index.ts";
import type { Tokens } from "./tokens.ts";

/** Application id of "Azure Kubernetes Service AAD Server", the same in every tenant. */
export const aksAudience = "6dae42f8-4368-4678-94ff-3960e28e3630";

const versions = ["authentication.k8s.io/v1", "authentication.k8s.io/v1beta1"];

/**
 * The user's name is the principal's object id, as on AKS: what a RoleBinding names.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
export const tokenReview = async ({ verify }: Pick<Tokens, "verify">, request: Request): Promise<Answer> => {
	const { apiVersion, kind, spec } = parsed(request.body);
	if (kind !== "TokenReview" || !apiVersion || !versions.includes(apiVersion)) {
		return {
			status: 400,
			json: { statusCode: 400, message: `The body is no TokenReview of ${versions.join(" or ")}.` },
		};
	}
	const review = (status: object): Answer => ({
		status: 200,
		json: { apiVersion, kind, metadata: { creationTimestamp: null }, spec: {}, status },
	});
	try {
		const { oid, groups } = await verify(spec?.token ?? "", aksAudience);
		const user = { username: oid, groups: Array.isArray(groups) ? groups : [], extra: { oid: [oid] } };
		return review({ authenticated: true, user });
	} catch (error) {
		return review({ authenticated: false, error: `failed to verify token: ${(error as Error).message}` });
	}
};

interface TokenReview {
	apiVersion?: string;
	kind?: string;
	spec?: { token?: string };
}

const parsed = (body: string): TokenReview => {
	try {
		return (JSON.parse(body) ?? {}) as TokenReview;
	} catch {
		return {};
	}
};
