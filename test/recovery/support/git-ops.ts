// A git repository with the encrypted Secret in it, and who may do what to it.

import { createPublicKey } from "node:crypto";
import { stringify } from "yaml";
import { type GitHub, startGitHub } from "../../../local/git/github.ts";
import { azureDevOpsApi, type Host } from "../../../local/git/pull-requests.ts";
import { type GitServer, startGitServer } from "../../../local/git/server.ts";
import type { Vault } from "../../../packages/key-vault/index.ts";
import type { PublicKey } from "../../../src/lib/ports/encryption-key.ts";
import { encryptedInput } from "../../support/input-file.ts";
import { encryptedWith, manifest, type SopsKeys, sopsKeysFor } from "../../support/sops-file.ts";

export interface GitOps extends AsyncDisposable {
	readonly server: GitServer;
	readonly sops: SopsKeys;
	readonly file: string;
	readonly recipients: readonly string[];
	/** Where the app logs in as a GitHub App. */
	readonly gitHub?: GitHub;
	/** Where people merge what the app proposes. */
	readonly host?: Host;
	/** How the configuration says that it logs in. */
	readonly login: object;
}

export interface GitOpsOptions {
	readonly vault: Vault;
	readonly namespace: string;
	readonly now: () => Date;
	/** What Flux makes the Secret of. */
	readonly of: "manifest" | "generator";
	/** Default: with a token from the vault. */
	readonly login?: "github-app";
	/** Its branch takes pull requests only, at Azure DevOps. */
	readonly reviewed?: true;
}

export const tokenSecret = "git-token";
export const sopsKey = "sops";
/** The GitHub App's. */
export const appKey = "github-app";
const repository = "gitops";

export async function gitOps(
	{ vault, namespace, now, of: what, login, reviewed }: GitOpsOptions,
	values: Readonly<Record<"db-password" | "database-url", string>>,
): Promise<GitOps> {
	await using stack = new AsyncDisposableStack();
	const gitHub = login && stack.use(await gitHubOf(vault, now));
	// Flux has a password of its own.
	const accepts = (given: string): boolean =>
		gitHub?.accepts(given, repository) || given === `Basic ${btoa(`${server.user}:${server.password}`)}`;
	let api: ReturnType<typeof azureDevOpsApi> | undefined;
	const path = `example/titanic/_git/${repository}`;
	const server: GitServer = stack.use(
		await startGitServer({
			...(gitHub && { accepts, path: `titanic/${repository}.git` }),
			...(reviewed && { path, api: (request) => api!.answer(request) }),
		}),
	);
	if (reviewed) {
		api = azureDevOpsApi(server, path);
		await server.protect("pre-receive", "main");
	}
	const key = vault.owner.createKey(sopsKey, { rsa: true });
	const sops = await sopsKeysFor(key.jwk as PublicKey);
	const version = { vaultUrl: vault.url, version: key.version };
	const file = `clusters/production/${what === "manifest" ? "secret.sops.yaml" : "secret.env"}`;
	if (what === "manifest") {
		const text = manifest(sops, { keys: Object.keys(values), namespace, ...version });
		await server.commit({ [file]: await encryptedWith(text, sops, values) });
	} else {
		const secretGenerator = [{ name: "titanic-api-secrets", namespace, envs: ["secret.env"] }];
		const head = {
			apiVersion: "kustomize.config.k8s.io/v1beta1",
			kind: "Kustomization",
			resources: ["deployment.yaml"],
		};
		await server.commit({
			[file]: await encryptedInput(sops, "dotenv", values, { vault: version }),
			"clusters/production/kustomization.yaml": stringify({ ...head, secretGenerator }),
		});
	}
	if (!gitHub) vault.owner.set(tokenSecret, server.password);
	const all = stack.move();
	return {
		server,
		sops,
		file,
		...(api && { host: api.host }),
		recipients: [`${vault.url}/keys/${sopsKey}`, sops.ageRecipient],
		...(gitHub && { gitHub }),
		login: gitHub
			? {
					...{ mode: "github-app", app: gitHub.app.clientId, installation: 77, api: gitHub.api },
					key: `${vault.url}/keys/${appKey}`,
				}
			: { mode: "secret", vault: "main", secret: tokenSecret },
		[Symbol.asyncDispose]: () => all.disposeAsync(),
	};
}

async function gitHubOf(vault: Vault, now: () => Date): Promise<GitHub> {
	const { jwk } = vault.owner.createKey(appKey, { rsa: true, operations: ["sign"] });
	const installation = { id: 77, repositories: [repository], permissions: { contents: "write" } };
	const keys = [createPublicKey({ key: { ...jwk }, format: "jwk" })];
	const gitHub = await startGitHub({ id: 123456, clientId: "Iv23liExample", keys, installations: [installation] });
	return Object.assign(gitHub, { now });
}
