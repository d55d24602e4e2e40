// What AKS has for workload identity: the webhook that gives pods a token and the variables for it, and the issuer that signs such
// tokens. A real cluster changes the pod as it is made; here the node agent does as it takes it, and the API never shows it.
// WL1. A pod gets them only by its label and by its ServiceAccount's annotation, as the webhook has it. Otherwise: what works here
//      stands without an identity in production. Kept by: workload-identity.test.ts.

import type { V1Container, V1ServiceAccount } from "@kubernetes/client-node";
import { generateKeyPair, SignJWT } from "jose";
import { exchangeAudience, type Federation, type Identity } from "../../packages/identity/index.ts";
import { type Api, at, isMissing, type Wire } from "../../packages/kubernetes-api/index.ts";
import type { Pod } from "./environment.ts";

export interface WorkloadIdentity {
	/** The pod as the webhook makes it. */
	admit(api: Api, pod: Pod): Promise<Pod>;
	/** What kubelet gets from the API server for a projected token. */
	token(pod: Pod, audience: string, seconds: number): Promise<string>;
	/** So that the identity may be taken by the pods of this ServiceAccount. */
	federationOf(namespace: string, serviceAccount: string): Federation;
	/** Every token that was given out, for a search of what was written. */
	readonly issued: readonly string[];
}

const prefix = "azure.workload.identity";
const volume = "azure-identity-token";
const mountPath = "/var/run/secrets/azure/tokens";
/** Nobody renews the file here. */
const seconds = 86_400;

const subjectOf = (namespace: string, serviceAccount: string) => `system:serviceaccount:${namespace}:${serviceAccount}`;

export async function workloadIdentity({
	tenantId,
	authority = "",
}: Pick<Identity, "tenantId" | "authority">): Promise<WorkloadIdentity> {
	const { publicKey, privateKey } = await generateKeyPair("RS256");
	const issuer = "https://oidc.local/titanic-aks/";
	const issued: string[] = [];

	async function clientIdOf(api: Api, { metadata, spec }: Pod): Promise<string | undefined> {
		const path = at("v1", "serviceaccounts", metadata.namespace, spec?.serviceAccountName ?? "default");
		const found = await api.get<Wire<V1ServiceAccount>>(path).catch((error) => {
			if (isMissing(error)) return undefined;
			throw error;
		});
		return found?.metadata?.annotations?.[`${prefix}/client-id`];
	}

	return {
		issued,
		async admit(api, pod) {
			if (pod.metadata.labels?.[`${prefix}/use`] !== "true") return pod;
			const clientId = await clientIdOf(api, pod);
			if (!clientId) return pod;
			const skipped = pod.metadata.annotations?.[`${prefix}/skip-containers`]?.split(";") ?? [];
			const env = [
				{ name: "AZURE_CLIENT_ID", value: clientId },
				{ name: "AZURE_TENANT_ID", value: tenantId },
				{ name: "AZURE_FEDERATED_TOKEN_FILE", value: `${mountPath}/${volume}` },
				{ name: "AZURE_AUTHORITY_HOST", value: authority },
			];
			const given = (container: Wire<V1Container>): Wire<V1Container> =>
				skipped.includes(container.name)
					? container
					: {
							...container,
							env: [...(container.env ?? []), ...env],
							volumeMounts: [...(container.volumeMounts ?? []), { name: volume, mountPath, readOnly: true }],
						};
			const source = { serviceAccountToken: { audience: exchangeAudience, expirationSeconds: seconds, path: volume } };
			return {
				...pod,
				spec: {
					...pod.spec,
					containers: (pod.spec?.containers ?? []).map(given),
					volumes: [...(pod.spec?.volumes ?? []), { name: volume, projected: { sources: [source] } }],
				},
			};
		},
		async token({ metadata, spec }, audience, lifetime) {
			const token = await new SignJWT()
				.setProtectedHeader({ alg: "RS256" })
				.setIssuer(issuer)
				.setSubject(subjectOf(metadata.namespace ?? "default", spec?.serviceAccountName ?? "default"))
				.setAudience(audience)
				.setIssuedAt()
				.setExpirationTime(Math.floor(Date.now() / 1000) + lifetime)
				.sign(privateKey);
			issued.push(token);
			return token;
		},
		federationOf: (namespace, serviceAccount) => ({
			issuer,
			subject: subjectOf(namespace, serviceAccount),
			key: publicKey,
		}),
	};
}
