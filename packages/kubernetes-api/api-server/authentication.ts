/**
 * Who asks: a token of this server's own, or one that a webhook vouches for, as AKS asks Entra ID.
 *
 * Invariant: no token, an unknown one, or a webhook that does not answer is nobody: 401. There is no anonymous user.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
import type { User } from "./rbac.ts";
import { unauthorized } from "./status-errors.ts";

const cacheMilliseconds = 5_000;

/**
 * @param own users by their token
 * @param tokenReviewUrl answers POSTed TokenReviews
 * @returns finds the user of an Authorization header, or throws ApiError 401
 */
export const authenticator = (own: Map<string, User>, tokenReviewUrl?: string) => {
	const reviewed = new Map<string, { user: Promise<User | undefined>; until: number }>();
	return async (authorization: string | undefined): Promise<User> => {
		const token = /^bearer (\S+)$/i.exec(authorization ?? "")?.[1];
		if (!token) throw unauthorized();
		const user = own.get(token) ?? (tokenReviewUrl ? await remembered(token, tokenReviewUrl) : undefined);
		if (!user) throw unauthorized();
		return { ...user, groups: [...new Set([...user.groups, "system:authenticated"])] };
	};

	function remembered(token: string, url: string) {
		const now = Date.now();
		for (const [old, { until }] of reviewed) if (until <= now) reviewed.delete(old);
		const known = reviewed.get(token) ?? { user: review(token, url), until: now + cacheMilliseconds };
		reviewed.set(token, known);
		return known.user;
	}
};

const review = async (token: string, url: string): Promise<User | undefined> => {
	try {
		const response = await fetch(url, {
			method: "POST",
			headers: { "content-type": "application/json", accept: "application/json" },
			body: JSON.stringify({
				kind: "TokenReview",
				apiVersion: "authentication.k8s.io/v1",
				metadata: { creationTimestamp: null },
				spec: { token, audiences: ["https://kubernetes.default.svc"] },
				status: { user: {} },
			}),
			signal: AbortSignal.timeout(10_000),
		});
		if (!response.ok) return undefined;
		const { status } = (await response.json()) as { status?: { authenticated?: boolean; user?: Partial<User> } };
		if (!status?.authenticated || !status.user?.username) return undefined;
		return { username: status.user.username, uid: status.user.uid, groups: status.user.groups ?? [] };
	} catch {
		return undefined;
	}
};
