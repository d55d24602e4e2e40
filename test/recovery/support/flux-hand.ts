// The hand of a cluster with Flux: it applies the newest commit once a round. New pods take the Secret's values into their
// environment. With a generator the Secret has another name with each content, and Flux applies the Deployment too.

import type { V1Secret } from "@kubernetes/client-node";
import { stringify } from "yaml";
import { flux } from "../../../local/agents/flux.ts";
import { apiOf, type Wire } from "../../../packages/kubernetes-api/index.ts";
import { deploymentHand, fromSecret, type Makes } from "./deployment-hand.ts";
import type { Hand, HandOptions } from "./hand.ts";
import { takenFrom, versionWith } from "./secret-hand.ts";

const kustomize = "kustomize.toolkit.fluxcd.io/v1";
const source = "source.toolkit.fluxcd.io/v1";
const name = "titanic-api";

export const fluxHand = (options: HandOptions): Promise<Hand> => handWithFlux(options, "manifest");
export const generatorHand = (options: HandOptions): Promise<Hand> => handWithFlux(options, "generator");

async function handWithFlux(options: HandOptions, what: "manifest" | "generator"): Promise<Hand> {
	const { vault, servers, namespace, now, gitOps } = options;
	const { server, sops, host } = gitOps!;
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
			...(what === "generator" ? [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }] : []),
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
			if (what === "manifest") await agent.round();
		},
		...(what === "generator" && {
			async deploy(deployment) {
				await server.commit({ "clusters/production/deployment.yaml": stringify(deployment) });
				await agent.round();
			},
		}),
		given: () => (what === "manifest" ? takenFrom(admin, of) : takenFromReferred(admin, of)),
		async renew(pods) {
			for (const { number, state } of host?.all ?? []) if (state === "open") await host?.merge(number);
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

/** Of the Secret that the pod template refers to now. */
async function takenFromReferred(api: Makes["api"], of: Makes["of"]) {
	const { spec } = await api.get<{ spec: { template: { spec: typeof fromSecret } } }>(
		of("apps/v1", "deployments", name),
	);
	const [container] = spec.template.spec.containers as [{ env: { valueFrom: { secretKeyRef: { name: string } } }[] }];
	const referred = container.env[0]?.valueFrom.secretKeyRef.name;
	const { data = {} } = await api.get<Wire<V1Secret>>(of("v1", "secrets", referred));
	const encoded = data["db-password"];
	return encoded === undefined ? undefined : { password: Buffer.from(encoded, "base64").toString(), version: "" };
}
