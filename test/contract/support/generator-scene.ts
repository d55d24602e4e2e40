// The same namespace as secret-scene.ts, with Flux in it, which applies the workload too: its Secret is made by a generator of
// Kustomize, of an encrypted file in a real git server.

import type { V1Secret } from "@kubernetes/client-node";
import { stringify } from "yaml";
import { type Flux, flux } from "../../../local/agents/flux.ts";
import { type GitServer, startGitServer } from "../../../local/git/server.ts";
import { apiOf, at, type Wire } from "../../../packages/kubernetes-api/index.ts";
import { gitRepository } from "../../../src/lib/adapters/git/repository.ts";
import { deliveryPath } from "../../../src/lib/paths/index.ts";
import type { Form } from "../../../src/lib/paths/kustomize-generator/input-file.ts";
import type { KustomizeGenerator } from "../../../src/lib/paths/kustomize-generator/schema.ts";
import type { Outside } from "../../../src/lib/paths/path.ts";
import type { Consumer, DeliveryPath } from "../../../src/lib/ports/delivery-path.ts";
import { encryptedInput } from "../../support/input-file.ts";
import { type SopsKeys, sopsKeys } from "../../support/sops-file.ts";
import type { Stage } from "./clusters.ts";
import { nothingOutside } from "./outside.ts";
import { base64Of, copyName, type SecretScene, setSecretScene } from "./secret-scene.ts";

const folder = "clusters/production";
export const first = { DB_PASSWORD: "first-password", DATABASE_URL: "postgresql://titanic:first-password@db/titanic" };

export interface GeneratorScene extends Omit<SecretScene, "consumer" | "secret" | "values" | "make">, AsyncDisposable {
	readonly consumer: Consumer<KustomizeGenerator>;
	readonly path: DeliveryPath;
	readonly git: GitServer;
	readonly flux: Flux;
	readonly keys: SopsKeys;
	readonly file: string;
	/** The Secret that the pod template refers to. */
	referred(): Promise<string>;
	/** Every Secret that the generator has made and that is there still, with its values. */
	made(): Promise<Record<string, Record<string, string>>>;
	/** What a person commits beside the file. */
	setGenerator(change: object): Promise<void>;
}

const kustomize = "kustomize.toolkit.fluxcd.io/v1";
const source = "source.toolkit.fluxcd.io/v1";

interface Options {
	readonly keys?: KustomizeGenerator["keys"];
	readonly form?: Form;
	readonly options?: object;
}

export async function setGeneratorScene(
	stage: Stage,
	{
		keys = { "db-password": "DB_PASSWORD", "db-connection-string": "DATABASE_URL" },
		form = "dotenv",
		options,
	}: Options = {},
): Promise<GeneratorScene> {
	const scene = await setSecretScene(stage, { patches: false });
	const { namespace, kind, name } = scene.consumer;
	const { person } = scene;
	const { image } = scene.container;
	const used = Object.values(keys)[0] ?? "";
	const env = [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: copyName, key: used } } }];
	const { spec } = await scene.read();
	const { strategy: _, ...kept } = spec as unknown as Record<string, unknown>;
	const labels = spec.template.metadata?.labels ?? {};
	const deployment = {
		...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace } },
		spec: {
			...{ replicas: 2, selector: kept.selector },
			template: { metadata: { labels }, spec: { containers: [{ name, image, env }] } },
		},
	};
	await scene.remove();
	const git = await startGitServer();
	const sops = await sopsKeys();
	const file = `${folder}/${form === "dotenv" ? "secret.env" : "password.txt"}`;
	const values = Object.fromEntries(
		Object.values(keys).map((key) => [key, (first as Record<string, string>)[key] ?? ""]),
	);
	const generator = {
		...{ name: copyName, namespace, ...(options && { options }) },
		...(form === "dotenv" ? { envs: ["secret.env"] } : { files: [`${used}=password.txt`] }),
	};
	const kustomization = (change: object = {}) =>
		stringify({
			...{ apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources: ["deployment.yaml"] },
			secretGenerator: [{ ...generator, ...change }],
		});
	await git.commit({
		[file]: await encryptedInput(sops, form, form === "dotenv" ? values : { data: Object.values(values)[0] ?? "" }),
		[`${folder}/deployment.yaml`]: stringify(deployment),
		[`${folder}/kustomization.yaml`]: kustomization(),
	});
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
			...{ interval: "10m", prune: true, path: `./${folder}` },
			sourceRef: { kind: "GitRepository", name: "titanic-api" },
			decryption: { provider: "sops", secretRef: { name: "sops-age" } },
		},
	});
	const ofFlux = (resource: string) => ({
		resources: [resource],
		resourceNames: ["titanic-api"],
		verbs: ["get", "patch"],
	});
	await scene.grant("rotator-flux", [
		{ apiGroups: ["source.toolkit.fluxcd.io"], ...ofFlux("gitrepositories") },
		{ apiGroups: ["kustomize.toolkit.fluxcd.io"], ...ofFlux("kustomizations") },
		// Names with a hash cannot be given beforehand.
		{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] },
	]);
	const agent = await flux({ api: apiOf(stage.cluster.kubeConfig(), "kustomize-controller"), namespace });
	await agent.round();
	await scene.settle();
	const now = () => new Date();
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
	return {
		...scene,
		consumer: {
			...{ cluster: scene.consumer.cluster, namespace, kind, name },
			delivery: {
				path: "kustomize-generator",
				...{ repository: "gitops", file },
				recipients: ["https://titanic-kv.vault.azure.net/keys/sops", sops.ageRecipient],
				...{ secret: copyName, keys, fluxNamespace: namespace, kustomization: "titanic-api" },
			},
		},
		path: deliveryPath("kustomize-generator", stage.client, outside),
		...{ git, flux: agent, keys: sops, file },
		async referred() {
			const { spec: now } = await scene.read();
			return now.template.spec?.containers[0]?.env?.[0]?.valueFrom?.secretKeyRef?.name ?? "";
		},
		async made() {
			const { items } = await person.get<{ items: Wire<V1Secret>[] }>(at("v1", "secrets", namespace));
			return Object.fromEntries(
				items
					.filter(({ metadata }) => metadata?.name?.startsWith(copyName))
					.map(({ metadata, data = {} }) => [
						metadata?.name ?? "",
						Object.fromEntries(Object.entries(data).map(([key, value]) => [key, atob(value)])),
					]),
			);
		},
		setGenerator: (change) => git.commit({ [`${folder}/kustomization.yaml`]: kustomization(change) }) as Promise<never>,
		async [Symbol.asyncDispose]() {
			await agent[Symbol.asyncDispose]();
			await git[Symbol.asyncDispose]();
		},
	};
}
