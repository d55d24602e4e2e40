// The hand of a cluster with Flux: it applies the newest commit once a round. New pods take the Secret's values into their
// environment.

import { flux } from "../../../local/agents/flux.ts";
import { apiOf } from "../../../packages/kubernetes-api/index.ts";
import { deploymentHand, fromSecret } from "./deployment-hand.ts";
import type { Hand, HandOptions } from "./hand.ts";
import { takenFrom, versionWith } from "./secret-hand.ts";

const kustomize = "kustomize.toolkit.fluxcd.io/v1";
const source = "source.toolkit.fluxcd.io/v1";
const name = "titanic-api";

export async function fluxHand(options: HandOptions): Promise<Hand> {
	const { vault, servers, namespace, now, gitOps } = options;
	const { server, sops } = gitOps!;
	await using stack = new AsyncDisposableStack();
	const api = stack.use(apiOf(servers.cluster.kubeConfig(), "kustomize-controller"));
	const agent = stack.use(await flux({ api, namespace, now }));
	const hand = await deploymentHand(options, ({ api: admin, of, make }) => ({
		spec: fromSecret,
		rules: [
			{
				apiGroups: ["source.toolkit.fluxcd.io"],
				resources: ["gitrepositories"],
				resourceNames: [name],
				verbs: ["get", "patch"],
			},
			{
				apiGroups: ["kustomize.toolkit.fluxcd.io"],
				resources: ["kustomizations"],
				resourceNames: [name],
				verbs: ["get", "patch"],
			},
		],
		async begin() {
			const encoded = (data: Record<string, string>) => ({
				data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, btoa(text)])),
			});
			await make(of("v1", "secrets"), "v1", "Secret", "sops-age", encoded({ "rotator.agekey": sops.ageIdentity }));
			const reader = encoded({ username: server.user, password: server.password });
			await make(of("v1", "secrets"), "v1", "Secret", "git-reader", reader);
			await make(of(source, "gitrepositories"), source, "GitRepository", name, {
				spec: { url: server.url, interval: "1m", ref: { branch: "main" }, secretRef: { name: "git-reader" } },
			});
			await make(of(kustomize, "kustomizations"), kustomize, "Kustomization", name, {
				spec: {
					...{ interval: "10m", prune: true, path: "./clusters/production" },
					sourceRef: { kind: "GitRepository", name },
					decryption: { provider: "sops", secretRef: { name: "sops-age" } },
				},
			});
			await agent.round();
		},
		given: () => takenFrom(admin, of),
		async renew(pods) {
			await agent.round();
			return pods;
		},
		versionOf: (password) => versionWith(vault, password),
	}));
	const all = stack.move();
	return {
		...hand,
		async [Symbol.asyncDispose]() {
			await hand[Symbol.asyncDispose]();
			await all.disposeAsync();
		},
	};
}
