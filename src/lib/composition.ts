// The one place where ports meet adapters. SDKs are imported here lazily: registering the functions loads none of them.
// CO1. Every client is made once and reused. Otherwise: each activity pays for tokens, TLS and (in the Kubernetes
//      client's case) leaks a connection.

import { hostname } from "node:os";
import { dirname, resolve } from "node:path";
import type { ContainerOptions } from "./adapters/blob/container.ts";
import type { GitLogin } from "./adapters/git/login.ts";
import { budgets } from "./adapters/process/budget.ts";
import type { Ports } from "./app.ts";
import { authoritiesIn, expiredAt } from "./config/authorities.ts";
import { lastGood } from "./config/last-good.ts";
import { type LoadedConfiguration, loadConfiguration } from "./config/load.ts";
import { gitHubApiOf, type RepositoryConfig } from "./config/repository.ts";
import { type Settings, settingsFrom } from "./config/settings.ts";
import { folderSource } from "./config/source.ts";
import { Fault } from "./domain/fault.ts";
import { roomOfSwitch } from "./domain/room.ts";
import { workloads } from "./kinds/workloads.ts";
import { deliveryPath } from "./paths/index.ts";
import type { Clock } from "./ports/clock.ts";
import { directly, type Perform } from "./ports/effect.ts";
import type { Instances } from "./ports/instances.ts";
import { targets } from "./targets/index.ts";

/** The audience of every AKS cluster that uses Entra authentication. */
const aksScope = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";

const vaultScope = "https://vault.azure.net/.default";

/** @see https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-sign-in-azure-ad-authentication */
const postgresScope = "https://ossrdbms-aad.database.windows.net/.default";

export interface Composed extends Ports {
	/** This instance is at work from now on, and has its share of the caps the sooner. Never throws. */
	begin(): Promise<void>;
}

/**
 * @param environment the app settings (docs/configuration.md); read when first needed, so that a wrong one is a fault of
 *   the call that needs it rather than a host that does not start
 * @param seam.perform what every call to the outside goes through
 * @param seam.instances who else is at work; default: what the records container says
 */
export function composePorts(
	environment: Readonly<Record<string, string | undefined>>,
	seam: { readonly perform?: Perform; readonly clock?: Clock; readonly instances?: Instances } = {},
): Composed {
	const { perform = directly, clock = { now: () => new Date() } } = seam;
	// They stay as they are while the process lives; each step asks for them a hundred times.
	let known: Settings | undefined;
	const settings = (): Settings => {
		known ??= settingsFrom(environment);
		return known;
	};

	const credential = once(async () => {
		const { azureCredential } = await import("./adapters/identity/credential.ts");
		return azureCredential(settings(), environment);
	});
	const ofFolder = cachedByTime(() => resolve(settings().ROTATION_CONFIG_FILE));
	const ofContainer = once(async () => {
		const { ROTATION_CONFIG_CONTAINER_URL: containerUrl = "", ROTATION_CONFIG_FILE: name } = settings();
		const { blobConfiguration } = await import("./adapters/blob/configuration.ts");
		const look = blobConfiguration({ containerUrl, credential: await credential(), perform });
		return lastGood({ name, folder: resolve("."), look, ports, warn: (line) => console.warn(line) });
	});
	const configuration = async () =>
		settings().ROTATION_CONFIG_CONTAINER_URL === undefined ? ofFolder() : (await ofContainer())();
	const entry = async <K extends "vaults" | "servers" | "clusters" | "repositories">(kind: K, name: string) => {
		const { config, folder } = await configuration();
		const found = Object.hasOwn(config[kind], name) ? config[kind][name] : undefined;
		if (!found) throw new Fault("configuration-invalid", { file: kind, problems: `there is no ${kind} "${name}".` });
		return { found: found as NonNullable<(typeof config)[K][string]>, folder };
	};

	const client = onceFor(async (name) => {
		const { found, folder } = await entry("clusters", name);
		const { kubernetesClient } = await import("./adapters/kubernetes/client.ts");
		const { tokenFor } = await import("./adapters/identity/credential.ts");
		return kubernetesClient({
			name,
			server: found.server,
			ca: await pem(found.ca, folder, clock),
			token: tokenFor(await credential(), aksScope, perform),
			perform,
		});
	});
	const serverToken = once(async () => {
		const { tokenFor } = await import("./adapters/identity/credential.ts");
		return tokenFor(await credential(), postgresScope, perform);
	});
	const vaultToken = once(async () => {
		const { tokenFor } = await import("./adapters/identity/credential.ts");
		return tokenFor(await credential(), vaultScope, perform);
	});
	const marks = once(async () => {
		const { blobInstances } = await import("./adapters/blob/instances.ts");
		const containerUrl = settings().RECORDS_CONTAINER_URL;
		const machine = environment.WEBSITE_INSTANCE_ID ?? hostname();
		return blobInstances({ containerUrl, credential: await credential(), perform, machine });
	});
	const { of: budgetOf, begin } = budgets(seam.instances ?? { renew: async () => (await marks()).renew() });
	const repository = onceFor(async (name) => {
		const { found, folder } = await entry("repositories", name);
		const { gitRepository } = await import("./adapters/git/repository.ts");
		const { url, branch, email } = found;
		const ca = await pem(found.ca, folder, clock);
		const login = await gitLogin(found, ca);
		const common = { name, url, clock, perform, credential: login.credential, ...(ca !== undefined && { ca }) };
		const { authorization } = login;
		const { reviewOf } = await import("./adapters/git/review.ts");
		const review =
			found.pullRequests && reviewOf({ url, branch, ...found.pullRequests, api: gitHubApiOf(found) }, login, common);
		return gitRepository({ ...common, branch, email, authorization }, review);
	});
	async function gitLogin({ url, login, pullRequests }: RepositoryConfig, ca?: string): Promise<GitLogin> {
		if (login.mode === "github-app") {
			const { gitHubAppLogin } = await import("./adapters/git/github-app.ts");
			const { keyVaultSigner } = await import("./adapters/key-vault/signer.ts");
			const signing = { keyUrl: login.key, algorithm: "RS256", credential: await credential(), perform } as const;
			const { sign } = keyVaultSigner(signing);
			const opensPullRequests = pullRequests?.host === "github";
			return gitHubAppLogin({
				...{ ...login, url, sign, clock, perform, opensPullRequests },
				...(ca !== undefined && { ca }),
			});
		}
		const { azureDevOpsScope, entraLogin, secretLogin } = await import("./adapters/git/login.ts");
		if (login.mode === "secret") return secretLogin(() => ports.store(login.vault), login);
		const { tokenFor } = await import("./adapters/identity/credential.ts");
		return entraLogin(tokenFor(await credential(), azureDevOpsScope, perform));
	}
	const backups = onceFor(async () => {
		const { backups: given } = (await configuration()).config;
		if (!given) throw new Fault("configuration-invalid", { file: "backups", problems: "no container is given." });
		const { blobBackupStore } = await import("./adapters/blob/backups.ts");
		return blobBackupStore({ containerUrl: given.container, credential: await credential(), perform });
	});
	const encryptionKeys = once(async () => {
		const { keyVaultEncryptionKeys } = await import("./adapters/key-vault/encryption-key.ts");
		return keyVaultEncryptionKeys({ credential: await credential(), perform });
	});
	const ports: Ports = {
		clock,
		configuration,
		audit: once(async () => {
			const { blobAuditLog } = await import("./adapters/blob/audit-log.ts");
			const containerUrl = settings().AUDIT_CONTAINER_URL;
			return blobAuditLog({ containerUrl, credential: await credential(), clock, perform });
		}),
		heads: once(async () => {
			const given = settings();
			const common = { credential: await credential(), perform };
			const { blobHeadStore } = await import("./adapters/blob/heads.ts");
			return {
				...(given.AUDIT_SIGNING_KEY_URL !== undefined && {
					signer: (await import("./adapters/key-vault/signer.ts")).keyVaultSigner({
						keyUrl: given.AUDIT_SIGNING_KEY_URL,
						algorithm: "ES256",
						...common,
					}),
				}),
				beside: blobHeadStore({ containerUrl: given.AUDIT_CONTAINER_URL, ...common }),
				copy: await headCopy(given, common),
			};
		}),
		backups: () => backups("backups"),
		records: once(async () => {
			const { blobRecordStore } = await import("./adapters/blob/record-store.ts");
			const containerUrl = settings().RECORDS_CONTAINER_URL;
			return blobRecordStore({ containerUrl, credential: await credential(), perform });
		}),
		store: onceFor(async (name) => {
			const { found } = await entry("vaults", name);
			const { keyVaultStore } = await import("./adapters/key-vault/store.ts");
			const { secrets } = (await configuration()).config;
			const least = Math.max(2, ...Object.values(secrets).map((one) => (one.vault === name ? roomOfSwitch(one) : 0)));
			const writes = budgetOf(`vault ${name}`, { most: found.writesPer10Seconds, least, perMs: 10_000 });
			return keyVaultStore({ name, url: found.url, credential: await credential(), perform, writes });
		}),
		database: onceFor(async (name) => {
			const { found, folder } = await entry("servers", name);
			const sessions = budgetOf(`server ${name}`, { most: found.sessionsAtOnce });
			return targets.postgres.open({
				name,
				server: found,
				ca: await pem(found.tls.ca, folder, clock),
				perform,
				sessions,
				token: async (options) => (await serverToken())(options),
			});
		}),
		repository,
		encryptionKeys,
		identity: async () => {
			const { objectIdIn } = await import("./adapters/identity/credential.ts");
			const objectId = objectIdIn(await (await vaultToken())());
			// App Service gives the app its name; infra/ calls it func-<name>.
			const name = /^func-([\w-]{1,60})$/.exec(environment.WEBSITE_SITE_NAME ?? "")?.[1];
			return { ...(objectId !== undefined && { objectId }), ...(name !== undefined && { name }) };
		},
		channel: onceFor(async (name) => {
			const { config, folder } = await configuration();
			const channel = Object.hasOwn(config.notifications, name) ? config.notifications[name] : undefined;
			if (!channel) throw new Fault("channel-unknown", { channel: name });
			const { channelOf } = await import("./notifications/channel.ts");
			const { tokenFor } = await import("./adapters/identity/credential.ts");
			return channelOf({
				...{ name, channel, clock, perform, ca: await pem(channel.ca, folder, clock) },
				store: (vault) => ports.store(vault),
				token: async (scope, options) => tokenFor(await credential(), scope, perform)(options),
			});
		}),
		workloads: async (name) => workloads(await client(name)),
		deliveryPath: async (path, name) =>
			deliveryPath(path, await client(name), {
				clock,
				repository,
				encryptionKeys,
				store: (vault) => ports.store(vault),
			}),
	};
	return { ...ports, begin };

	/** Made again when the configuration changed, in place of the one before; a failed attempt is not kept. */
	function onceFor<T>(make: (name: string) => Promise<T>): (name: string) => Promise<T> {
		const made = new Map<string, { readonly hash: string; readonly making: Promise<T> }>();
		return async (name) => {
			const { hash } = await configuration();
			const found = made.get(name);
			if (found?.hash === hash) return found.making;
			const making = make(name);
			made.set(name, { hash, making });
			making.catch(() => made.get(name)?.making === making && made.delete(name));
			return making;
		};
	}
}

async function headCopy(settings: Settings, common: Pick<ContainerOptions, "credential" | "perform">) {
	const { AUDIT_COPY_CONTAINER_URL: containerUrl } = settings;
	if (containerUrl !== undefined) {
		const { blobHeadStore } = await import("./adapters/blob/heads.ts");
		return blobHeadStore({ containerUrl, ...common });
	}
	const {
		AUDIT_COPY_LOGS_ENDPOINT: endpoint,
		AUDIT_COPY_LOGS_RULE_ID: ruleId,
		AUDIT_COPY_LOGS_STREAM: stream,
	} = settings;
	if (endpoint === undefined || ruleId === undefined || stream === undefined) return undefined;
	const { logsHeadStore } = await import("./adapters/monitor/heads.ts");
	return logsHeadStore({ endpoint, ruleId, stream, ...common });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
	let made: Promise<T> | undefined;
	return () => {
		made ??= make().catch((error) => {
			made = undefined;
			throw error;
		});
		return made;
	};
}

/** Looked at again: it may have been changed or have expired since the configuration was loaded. */
const pem = async (file: string | undefined, folder: string, { now }: Clock): Promise<string | undefined> => {
	if (file === undefined) return undefined;
	const found = await authoritiesIn(file, folder);
	const wrong = "wrong" in found ? found.wrong : expiredAt(found, now());
	if ("wrong" in found || wrong !== undefined)
		throw new Fault("configuration-invalid", { file, problems: `this file of CAs ${wrong}.` });
	return found.pem;
};

/** A step asks some hundred times; to look each time was a tenth of all that the app computed. */
const lookCountsMs = 20;

/** The configuration, read again when one of its files has changed. */
function cachedByTime(file: () => string): () => Promise<LoadedConfiguration> {
	let cached: { path: string; isAsRead: () => Promise<boolean>; loaded: LoadedConfiguration } | undefined;
	return async () => {
		const path = file();
		if (cached?.path === path && (await cached.isAsRead())) return cached.loaded;
		const source = folderSource(dirname(path));
		const loaded = await loadConfiguration(path, source);
		cached = { path, isAsRead: forAMoment(() => source.isAsRead()), loaded };
		return loaded;
	};
}

/** One answer for all who ask within the moment. */
function forAMoment<T>(ask: () => Promise<T>): () => Promise<T> {
	let last: { at: number; answer: Promise<T> } | undefined;
	return () => {
		const at = performance.now();
		if (!last || at >= last.at + lookCountsMs) last = { at, answer: ask() };
		return last.answer;
	};
}
