// The same namespace as secret-scene.ts, with Flux in it, which makes the Secret of a file in a real git server.

import { type Flux, flux } from "../../../local/agents/flux.ts";
import { type GitServer, startGitServer } from "../../../local/git/server.ts";
import { apiOf, at } from "../../../packages/kubernetes-api/index.ts";
import { gitRepository } from "../../../src/lib/adapters/git/repository.ts";
import type { FluxSops } from "../../../src/lib/paths/flux-sops/schema.ts";
import { deliveryPath } from "../../../src/lib/paths/index.ts";
import type { Outside } from "../../../src/lib/paths/path.ts";
import type { Consumer, DeliveryPath } from "../../../src/lib/ports/delivery-path.ts";
import { encryptedWith, manifest, type SopsKeys, sopsKeys } from "../../support/sops-file.ts";
import type { Stage } from "./clusters.ts";
import { nothingOutside } from "./outside.ts";
import { base64Of, copyName, keys, type SecretScene, setSecretScene } from "./secret-scene.ts";

export const file = "clusters/production/secret.sops.yaml";
export const first = {
	"db-password": "first-password",
	"database-url": "postgresql://titanic:first-password@db/titanic",
};
const vaultUrl = "https://titanic-kv.vault.azure.net";

export interface FluxScene extends Omit<SecretScene, "consumer">, AsyncDisposable {
	readonly consumer: Consumer<FluxSops>;
	readonly path: DeliveryPath;
	readonly git: GitServer;
	readonly flux: Flux;
	readonly keys: SopsKeys;
	readonly outside: Outside;
	/** The file as it was at first, applied; no faults. */
	reset(): Promise<void>;
	/** A person changes Flux's objects. */
	changeSource(patch: object): Promise<void>;
	changeKustomization(patch: object): Promise<void>;
}

const kustomize = "kustomize.toolkit.fluxcd.io/v1";
const source = "source.toolkit.fluxcd.io/v1";

/** @param options.now of the commits */
export async function setFluxScene(
	stage: Stage,
	{ now = () => new Date(), keys: of = keys }: { now?: () => Date; keys?: FluxSops["keys"] } = {},
): Promise<FluxScene> {
	const scene = await setSecretScene(stage, { patches: false });
	const { namespace, kind, name } = scene.consumer;
	const { person } = scene;
	const git = await startGitServer();
	const sops = await sopsKeys();
	const original = await encryptedWith(manifest(sops, { keys: Object.values(of), namespace }), sops, first);
	await git.commit({ [file]: original });
	const own = (of: string) => ({ metadata: { name: of, namespace } });
	const secret = (of: string, data: Record<string, string>) =>
		person.create(at("v1", "secrets", namespace), {
			apiVersion: "v1",
			kind: "Secret",
			...own(of),
			data: base64Of(data),
		});
	await secret("sops-age", { "rotator.agekey": sops.ageIdentity });
	await secret("git-reader", { username: git.user, password: git.password });
	await person.create(at(source, "gitrepositories", namespace), {
		...{ apiVersion: source, kind: "GitRepository", ...own("titanic-api") },
		spec: { url: git.url, interval: "1m", ref: { branch: "main" }, secretRef: { name: "git-reader" } },
	});
	await person.create(at(kustomize, "kustomizations", namespace), {
		...{ apiVersion: kustomize, kind: "Kustomization", ...own("titanic-api") },
		spec: {
			...{
				interval: "10m",
				prune: true,
				path: "./clusters/production",
				sourceRef: { kind: "GitRepository", name: "titanic-api" },
			},
			decryption: { provider: "sops", secretRef: { name: "sops-age" } },
		},
	});
	await scene.grant("rotator-flux", [
		{
			apiGroups: ["source.toolkit.fluxcd.io"],
			resources: ["gitrepositories"],
			resourceNames: ["titanic-api"],
			verbs: ["get", "patch"],
		},
		{
			apiGroups: ["kustomize.toolkit.fluxcd.io"],
			resources: ["kustomizations"],
			resourceNames: ["titanic-api"],
			verbs: ["get", "patch"],
		},
	]);
	const agent = await flux({ api: apiOf(stage.cluster.kubeConfig(), "kustomize-controller"), namespace });
	await agent.round();
	const outside: Outside = {
		clock: { now },
		repository: async (of) =>
			gitRepository({
				...{ name: of, url: git.url, branch: "main", email: "rotator@example.com", clock: { now } },
				credential: "secret git-token of vault main",
				authorization: async () => `Basic ${btoa(`${git.user}:${git.password}`)}`,
			}),
		encryptionKeys: async () => ({ publicKey: async () => sops.publicKey }),
		store: nothingOutside.store,
	};
	const merge = (path: string) => async (patch: object) => void (await person.merge(path, patch));
	return {
		...scene,
		consumer: {
			...{ cluster: scene.consumer.cluster, namespace, kind, name },
			delivery: {
				path: "flux-sops",
				...{ repository: "gitops", file, recipients: [`${vaultUrl}/keys/sops`, sops.ageRecipient] },
				...{ secret: copyName, keys: of, fluxNamespace: namespace, kustomization: "titanic-api" },
			},
		},
		path: deliveryPath("flux-sops", stage.client, outside),
		git,
		flux: agent,
		keys: sops,
		outside,
		changeSource: merge(at(source, "gitrepositories", namespace, "titanic-api")),
		changeKustomization: merge(at(kustomize, "kustomizations", namespace, "titanic-api")),
		async reset() {
			git.faults.clear();
			git.beforePush(async () => {});
			await git.commit({ [file]: original });
			await agent.round();
		},
		async [Symbol.asyncDispose]() {
			await agent[Symbol.asyncDispose]();
			await git[Symbol.asyncDispose]();
		},
	};
}
