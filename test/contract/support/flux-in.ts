// Flux in a scene's namespace: its two objects, what it reads git and decrypts with, the rotator's rights, and itself.

import { type Flux, flux } from "../../../local/agents/flux.ts";
import type { GitServer } from "../../../local/git/server.ts";
import { apiOf, at } from "../../../packages/kubernetes-api/index.ts";
import { gitRepository } from "../../../src/lib/adapters/git/repository.ts";
import type { Outside } from "../../../src/lib/paths/path.ts";
import type { Review } from "../../../src/lib/ports/repository.ts";
import type { SopsKeys } from "../../support/sops-file.ts";
import type { Stage } from "./clusters.ts";
import { nothingOutside } from "./outside.ts";
import { base64Of, type SecretScene } from "./secret-scene.ts";

export const folder = "clusters/production";
export const vaultUrl = "https://titanic-kv.vault.azure.net";
export const fluxName = "titanic-api";
const kustomize = "kustomize.toolkit.fluxcd.io/v1";
const source = "source.toolkit.fluxcd.io/v1";

export const sourcePath = (namespace: string): string => at(source, "gitrepositories", namespace, fluxName);
export const kustomizationPath = (namespace: string): string => at(kustomize, "kustomizations", namespace, fluxName);

/** @param more rules besides */
export async function fluxIn(
	stage: Stage,
	{ consumer: { namespace }, person, grant }: Pick<SecretScene, "consumer" | "person" | "grant">,
	git: GitServer,
	sops: SopsKeys,
	more: Parameters<SecretScene["grant"]>[1] = [],
): Promise<Flux> {
	const metadata = { name: fluxName, namespace };
	const secret = (name: string, data: Record<string, string>) =>
		person.create(at("v1", "secrets", namespace), {
			...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, data: base64Of(data) },
		});
	await secret("sops-age", { "rotator.agekey": sops.ageIdentity });
	await secret("git-reader", { username: git.user, password: git.password });
	await person.create(at(source, "gitrepositories", namespace), {
		...{ apiVersion: source, kind: "GitRepository", metadata },
		spec: { url: git.url, interval: "1m", ref: { branch: "main" }, secretRef: { name: "git-reader" } },
	});
	await person.create(at(kustomize, "kustomizations", namespace), {
		...{ apiVersion: kustomize, kind: "Kustomization", metadata },
		spec: {
			...{ interval: "10m", prune: true, path: `./${folder}` },
			sourceRef: { kind: "GitRepository", name: fluxName },
			decryption: { provider: "sops", secretRef: { name: "sops-age" } },
		},
	});
	const own = (resource: string) => ({ resources: [resource], resourceNames: [fluxName], verbs: ["get", "patch"] });
	await grant("rotator-flux", [
		{ apiGroups: ["source.toolkit.fluxcd.io"], ...own("gitrepositories") },
		{ apiGroups: ["kustomize.toolkit.fluxcd.io"], ...own("kustomizations") },
		...more,
	]);
	const agent = await flux({ api: apiOf(stage.cluster.kubeConfig(), "kustomize-controller"), namespace });
	await agent.round();
	return agent;
}

/** @param review who opens pull requests, where the branch takes those alone */
export const outsideWith = (
	git: GitServer,
	{ publicKey }: SopsKeys,
	{ now = () => new Date(), review }: { readonly now?: () => Date; readonly review?: Review } = {},
): Outside => ({
	clock: { now },
	repository: async (name) =>
		gitRepository(
			{
				...{ name, url: git.url, branch: "main", email: "rotator@example.com", clock: { now } },
				credential: "secret git-token of vault main",
				authorization: async () => `Basic ${btoa(`${git.user}:${git.password}`)}`,
			},
			review,
		),
	encryptionKeys: async () => ({ publicKey: async () => publicKey }),
	store: nothingOutside.store,
});
