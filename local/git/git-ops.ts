// What scenarios flux-sops and kustomize-generator have besides: a git server with the encrypted Secrets, or a generator's input, in
// it, and Flux, which applies what comes of them.

import { basename } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { stringify } from "yaml";
import type { Vault } from "../../packages/key-vault/index.ts";
import { type Api, apiOf, at, type Cluster, type Manifest } from "../../packages/kubernetes-api/index.ts";
import { flux, keptLooking } from "../agents/flux.ts";
import { sealed, sealedEnv } from "./sealed.ts";
import { type GitServer, startGitServer } from "./server.ts";

export const gitOpsNames = {
	repository: "titanic-gitops",
	folder: "clusters/production",
	file: "clusters/production/secret.sops.yaml",
	input: "clusters/production/secret.env",
	/** Of the vault: the app's token at the git server, and the key that the files are encrypted for. */
	token: "git-token",
	key: "sops",
	fluxNamespace: "flux-system",
	/** Of both of Flux's objects. */
	object: "titanic-api",
} as const;

export interface GitOps extends AsyncDisposable {
	readonly server: GitServer;
	readonly recipients: readonly string[];
}

type Named = [name: string, values: Readonly<Record<string, string>>];

const kustomize = "kustomize.toolkit.fluxcd.io/v1";
const source = "source.toolkit.fluxcd.io/v1";

/**
 * @param options.secrets by their names, what each holds: the first is the app's
 * @param options.workload what Flux applies too: then the app's is made by a generator
 */
export async function startGitOps(options: {
	readonly vault: Vault;
	readonly cluster: Cluster;
	readonly namespace: string;
	readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
	readonly workload?: Manifest | undefined;
}): Promise<GitOps> {
	const { vault, cluster, namespace, secrets, workload } = options;
	await using stack = new AsyncDisposableStack();
	const server = stack.use(await startGitServer());
	vault.owner.set(gitOpsNames.token, server.password);
	const { jwk, version } = vault.owner.createKey(gitOpsNames.key, { rsa: true, operations: ["encrypt", "decrypt"] });
	const identity = await generateX25519Identity();
	const recipient = await identityToRecipient(identity);
	const key = { vaultUrl: vault.url, name: gitOpsNames.key, version, jwk: { ...jwk } };
	const files: Record<string, string> = {};
	const [[own, values], ...others] = Object.entries(secrets) as [Named, ...Named[]];
	if (workload) {
		files[gitOpsNames.input] = await sealedEnv(values, recipient, key);
		files[`${gitOpsNames.folder}/workload.yaml`] = stringify(workload);
		files[`${gitOpsNames.folder}/kustomization.yaml`] = stringify({
			...{ apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" },
			resources: ["workload.yaml", ...others.map(([name]) => `${name}.sops.yaml`)],
			secretGenerator: [{ name: own, namespace, envs: [basename(gitOpsNames.input)] }],
		});
	} else files[gitOpsNames.file] = await sealed({ name: own, namespace, data: values }, recipient, key);
	for (const [name, data] of others)
		files[`${gitOpsNames.folder}/${name}.sops.yaml`] = await sealed({ name, namespace, data }, recipient, key);
	await server.commit(files);
	using person = apiOf(cluster.kubeConfig(), "kubectl-create");
	await installFlux(person, server, identity);
	const api = stack.use(apiOf(cluster.kubeConfig(), "kustomize-controller"));
	const agent = stack.use(await flux({ api, namespace: gitOpsNames.fluxNamespace }));
	await agent.round();
	stack.use(keptLooking(agent, 500));
	const all = stack.move();
	return {
		server,
		recipients: [`${vault.url}/keys/${gitOpsNames.key}`, recipient],
		[Symbol.asyncDispose]: () => all.disposeAsync(),
	};
}

async function installFlux(person: Api, server: GitServer, ageIdentity: string): Promise<void> {
	const { fluxNamespace: namespace, object, folder } = gitOpsNames;
	const metadata = (name: string) => ({ metadata: { name, namespace } });
	const secret = (name: string, stringData: Record<string, string>) => {
		const data = Object.fromEntries(Object.entries(stringData).map(([key, text]) => [key, btoa(text)]));
		return person.create(at("v1", "secrets", namespace), { apiVersion: "v1", kind: "Secret", ...metadata(name), data });
	};
	await secret("sops-age", { "titanic.agekey": ageIdentity });
	await secret("titanic-api-git", { username: server.user, password: server.password });
	await person.create(at(source, "gitrepositories", namespace), {
		...{ apiVersion: source, kind: "GitRepository", ...metadata(object) },
		spec: { interval: "5m", url: server.url, ref: { branch: "main" }, secretRef: { name: "titanic-api-git" } },
	});
	await person.create(at(kustomize, "kustomizations", namespace), {
		...{ apiVersion: kustomize, kind: "Kustomization", ...metadata(object) },
		spec: {
			...{ interval: "10m", prune: true, path: `./${folder}`, sourceRef: { kind: "GitRepository", name: object } },
			decryption: { provider: "sops", secretRef: { name: "sops-age" } },
		},
	});
}
