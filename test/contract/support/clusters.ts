// The clusters that the contract suites run on: the API stand-in always, a real control plane where KUBEBUILDER_ASSETS
// names one. Each knows the rotator's identity by its Entra token, as AKS does.

import { randomUUID } from "node:crypto";
import { argoRollouts } from "../../../local/agents/argo-rollouts.ts";
import { workloadControllers } from "../../../local/agents/controllers.ts";
import { startIdentity } from "../../../packages/identity/index.ts";
import { type Api, apiOf, type Cluster, startCluster } from "../../../packages/kubernetes-api/index.ts";
import { tokenFor } from "../../../src/lib/adapters/identity/credential.ts";
import { type ClusterClient, kubernetesClient } from "../../../src/lib/adapters/kubernetes/client.ts";

export interface Stage extends AsyncDisposable {
	readonly cluster: Cluster;
	/** What a RoleBinding calls the rotator. */
	readonly user: string;
	/** The administrator's. */
	readonly admin: Api;
	/** The product's client, with the rotator's own token. */
	readonly client: ClusterClient;
}

const assets = process.env.KUBEBUILDER_ASSETS ?? "";
if (assets === "")
	console.info("KUBEBUILDER_ASSETS is not set: the contract suites run without the real control plane.");

export const clusters: { readonly title: string; open(): Promise<Stage> }[] = [
	{ title: "the API stand-in", open: () => openStage("") },
	...(assets === "" ? [] : [{ title: "the real control plane", open: () => openStage(assets) }]),
];

async function openStage(folder: string): Promise<Stage> {
	await using stack = new AsyncDisposableStack();
	const identity = stack.use(await startIdentity());
	const cluster = stack.use(
		await startCluster({ assets: folder, tokenReviewUrl: identity.tokenReviewUrl, controllers: true }),
	);
	// a real control plane brings its own controllers
	if (cluster.kind === "stand-in") stack.use(workloadControllers(cluster.kubeConfig()));
	stack.use(argoRollouts(cluster.kubeConfig()));
	const principal = { objectId: randomUUID(), clientId: randomUUID(), name: "titanic-secret-rotator" };
	const credential = identity.managedIdentity(principal).credential();
	const { server, ca } = cluster;
	const client = stack.use(
		kubernetesClient({
			name: "titanic-aks",
			server,
			ca,
			// Kept, as in the app. Otherwise: each request has a token of its own, and each is signed, reviewed and verified.
			token: tokenFor(credential, "6dae42f8-4368-4678-94ff-3960e28e3630/.default"),
		}),
	);
	const admin = stack.use(apiOf(cluster.kubeConfig(), "kubectl"));
	const all = stack.move();
	return { cluster, admin, user: principal.objectId, client, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
