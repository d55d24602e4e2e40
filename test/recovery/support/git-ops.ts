// A git repository with the encrypted Secret in it, and who may do what to it.

import { stringify } from "yaml";
import { type GitServer, startGitServer } from "../../../local/git/server.ts";
import type { Vault } from "../../../packages/key-vault/index.ts";
import type { PublicKey } from "../../../src/lib/ports/encryption-key.ts";
import { encryptedInput } from "../../support/input-file.ts";
import { encryptedWith, manifest, type SopsKeys, sopsKeys } from "../../support/sops-file.ts";

export interface GitOps extends AsyncDisposable {
	readonly server: GitServer;
	readonly sops: SopsKeys;
	readonly file: string;
	readonly recipients: readonly string[];
}

export const tokenSecret = "git-token";
export const sopsKey = "sops";

export async function gitOps(
	vault: Vault,
	namespace: string,
	values: Readonly<Record<"db-password" | "database-url", string>>,
	what: "manifest" | "generator",
): Promise<GitOps> {
	const server = await startGitServer();
	const key = vault.owner.createKey(sopsKey, { rsa: true });
	const sops = await sopsKeys(key.jwk as PublicKey);
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
	vault.owner.set(tokenSecret, server.password);
	return {
		server,
		sops,
		file,
		recipients: [`${vault.url}/keys/${sopsKey}`, sops.ageRecipient],
		[Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
	};
}
