// The same namespace as secret-scene.ts, with Flux in it, which applies the workload too: its Secret is made by a generator of
// Kustomize, of an encrypted file in a real git server.

import type { V1Secret } from "@kubernetes/client-node";
import { stringify } from "yaml";
import type { Flux } from "../../../local/agents/flux.ts";
import { type GitServer, type GitServerOptions, startGitServer } from "../../../local/git/server.ts";
import { at, type Wire } from "../../../packages/kubernetes-api/index.ts";
import { deliveryPath } from "../../../src/lib/paths/index.ts";
import type { Form } from "../../../src/lib/paths/kustomize-generator/input-file.ts";
import type { KustomizeGenerator } from "../../../src/lib/paths/kustomize-generator/schema.ts";
import type { Consumer, DeliveryPath } from "../../../src/lib/ports/delivery-path.ts";
import type { Review } from "../../../src/lib/ports/repository.ts";
import { encryptedInput } from "../../support/input-file.ts";
import { type SopsKeys, sopsKeys } from "../../support/sops-file.ts";
import type { Stage } from "./clusters.ts";
import { fluxIn, fluxName, folder, outsideWith, vaultUrl } from "./flux-in.ts";
import { copyName, type SecretScene, setSecretScene } from "./secret-scene.ts";

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

interface Options {
	readonly keys?: KustomizeGenerator["keys"];
	readonly form?: Form;
	readonly options?: object;
	/** Who opens pull requests in the repository. */
	readonly server?: GitServerOptions;
	readonly review?: (git: GitServer) => Promise<Review>;
}

export async function setGeneratorScene(
	stage: Stage,
	{
		keys = { "db-password": "DB_PASSWORD", "db-connection-string": "DATABASE_URL" },
		form = "dotenv",
		options,
		review,
		server,
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
	const git = await startGitServer(server);
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
	// Names with a hash cannot be given beforehand.
	const more = [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }];
	const agent = await fluxIn(stage, scene, git, sops, more);
	await scene.settle();
	const outside = outsideWith(git, sops, review && { review: await review(git) });
	return {
		...scene,
		consumer: {
			...{ cluster: scene.consumer.cluster, namespace, kind, name },
			delivery: {
				path: "kustomize-generator",
				...{ repository: "gitops", file },
				recipients: [`${vaultUrl}/keys/sops`, sops.ageRecipient],
				...{ secret: copyName, keys, fluxNamespace: namespace, kustomization: fluxName },
			},
		},
		path: await deliveryPath("kustomize-generator", stage.client, outside),
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
