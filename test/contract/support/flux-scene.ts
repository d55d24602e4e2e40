// The same namespace as secret-scene.ts, with Flux in it, which makes the Secret of a file in a real git server.

import type { Flux } from "../../../local/agents/flux.ts";
import { type GitServer, type GitServerOptions, startGitServer } from "../../../local/git/server.ts";
import type { FluxSops } from "../../../src/lib/paths/flux-sops/schema.ts";
import { deliveryPath } from "../../../src/lib/paths/index.ts";
import type { Outside } from "../../../src/lib/paths/path.ts";
import type { Consumer, DeliveryPath } from "../../../src/lib/ports/delivery-path.ts";
import type { Review } from "../../../src/lib/ports/repository.ts";
import { encryptedWith, manifest, type OwnSopsKeys, sopsKeys } from "../../support/sops-file.ts";
import type { Stage } from "./clusters.ts";
import { fluxIn, fluxName, folder, kustomizationPath, outsideWith, sourcePath, vaultUrl } from "./flux-in.ts";
import { copyName, keys, type SecretScene, setSecretScene } from "./secret-scene.ts";

export const file = `${folder}/secret.sops.yaml`;
export const first = {
	"db-password": "first-password",
	"database-url": "postgresql://titanic:first-password@db/titanic",
};

export interface FluxScene extends Omit<SecretScene, "consumer">, AsyncDisposable {
	readonly consumer: Consumer<FluxSops>;
	readonly path: DeliveryPath;
	readonly git: GitServer;
	readonly flux: Flux;
	readonly keys: OwnSopsKeys;
	readonly outside: Outside;
	/** The file as it was at first, applied; no faults. */
	reset(): Promise<void>;
	/** A person changes Flux's objects. */
	changeSource(patch: object): Promise<void>;
	changeKustomization(patch: object): Promise<void>;
}

interface Options {
	/** Of the commits. */
	readonly now?: () => Date;
	readonly keys?: FluxSops["keys"];
	/** Who opens pull requests in it. */
	readonly review?: (git: GitServer) => Promise<Review>;
	readonly server?: GitServerOptions;
}

export async function setFluxScene(
	stage: Stage,
	{ now = () => new Date(), keys: of = keys, review, server }: Options = {},
): Promise<FluxScene> {
	const scene = await setSecretScene(stage, { patches: false });
	const { namespace, kind, name } = scene.consumer;
	const { person } = scene;
	const git = await startGitServer(server);
	const sops = await sopsKeys();
	const original = await encryptedWith(manifest(sops, { keys: Object.values(of), namespace }), sops, first);
	await git.commit({ [file]: original });
	const agent = await fluxIn(stage, scene, git, sops);
	const outside = outsideWith(git, sops, { now, ...(review && { review: await review(git) }) });
	const merge = (path: string) => async (patch: object) => void (await person.merge(path, patch));
	return {
		...scene,
		consumer: {
			...{ cluster: scene.consumer.cluster, namespace, kind, name },
			delivery: {
				path: "flux-sops",
				...{ repository: "gitops", file, recipients: [`${vaultUrl}/keys/sops`, sops.ageRecipient] },
				...{ secret: copyName, keys: of, fluxNamespace: namespace, kustomization: fluxName },
			},
		},
		path: await deliveryPath("flux-sops", stage.client, outside),
		git,
		flux: agent,
		keys: sops,
		outside,
		changeSource: merge(sourcePath(namespace)),
		changeKustomization: merge(kustomizationPath(namespace)),
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
