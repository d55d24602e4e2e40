// Key Vault's secrets through the SDK's SecretClient.
// K1. The client is let in by a GET before its first write, also when several begin at once. Otherwise: see P1 of
//     pipeline.ts. Kept by: secret-store.test.ts.
// K2. The two insecure options of the SDK follow from the URL alone: loopback. Otherwise: a setting could send tokens
//     and secrets in clear. Kept by: secret-store.test.ts.
// K3. A deleted secret whose newest version is disabled is deleted, although the vault answers 403. Otherwise: the
//     pending secret of each finished rotation, once deleted, ends the drift check and the reconciliation. Kept by:
//     secret-store.test.ts.

import { setTimeout as pause } from "node:timers/promises";
import type { TokenCredential } from "@azure/identity";
import { SecretClient, type SecretProperties } from "@azure/keyvault-secrets";
import { isLoopback } from "../../config/fields.ts";
import { Fault } from "../../domain/fault.ts";
import { Password } from "../../domain/password.ts";
import type { Latest, SecretVersion } from "../../domain/secret-version.ts";
import type { Budget } from "../../ports/budget.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import type { DeletedSecret, ListedSecret, SecretStore } from "../../ports/secret-store.ts";
import { orFault } from "../identity/credential.ts";
import { budget } from "../process/budget.ts";
import { counted } from "./counted.ts";
import { asFault, type Where } from "./faults.ts";
import { atOnce, pipeline } from "./pipeline.ts";

/** Seconds since 1970; the SDK writes later times as negative numbers. */
const latestExpiry = 2_147_483_647;
const recoveryMs = 60_000;
const lookEveryMs = 500;

/**
 * @param options.name the vault's key in the configuration, for faults
 * @param options.url `https://<name>.vault.azure.net`; http only to loopback
 * @param options.writes how many new versions this process makes; default: any number
 */
export function keyVaultStore(options: {
	name: string;
	url: string;
	credential: TokenCredential;
	perform?: Perform;
	writes?: Budget;
}): SecretStore {
	const {
		name: vault,
		url,
		credential,
		perform = directly,
		writes = budget({ most: Number.POSITIVE_INFINITY }),
	} = options;
	const { policies = [], isWarm } = pipeline(url, perform);
	const refuse = (isClosed: boolean) => new Fault(isClosed ? "vault-throttled" : "vault-queued", { vault });
	const client = new SecretClient(url, orFault(credential, `vault ${vault}`, perform), {
		...insecureOptions(url),
		additionalPolicies: [...policies, { policy: counted(writes), position: "perRetry" }],
		retryOptions: { maxRetries: 0 },
	});

	async function tried<T>(right: Where["right"], secret: string, act: () => Promise<T>): Promise<T> {
		try {
			return await act();
		} catch (error) {
			throw asFault(error, { vault, secret, right });
		}
	}

	let warming: Promise<void> | undefined;
	/** Whatever the vault says to the GET: once it has heard a token, the client sends it with everything. */
	function warmUp(secret: string): Promise<void> {
		if (isWarm()) return Promise.resolve();
		warming ??= client
			.getSecret(secret)
			.then(
				() => {},
				(error) => {
					if (!isWarm()) throw error;
				},
			)
			.finally(() => {
				warming = undefined;
			});
		return warming;
	}

	async function latest(name: string): Promise<Latest> {
		try {
			const { properties, value = "" } = await client.getSecret(name);
			return { state: "present", secret: versionOf(properties), value: new Password(value) };
		} catch (error) {
			const fault = asFault(error, { vault, secret: name, right: "read" });
			if (fault.code === "secret-missing") return { state: "absent" };
			if (fault.code === "secret-disabled") return { state: "disabled" };
			throw fault;
		}
	}

	async function untilLive(name: string): Promise<void> {
		const last = Date.now() + recoveryMs;
		while ((await latest(name)).state === "absent") {
			if (Date.now() > last) throw new Fault("vault-busy", { vault, secret: name });
			await pause(lookEveryMs);
		}
	}

	async function deletedInList(name: string): Promise<DeletedSecret | undefined> {
		for await (const { name: listed, properties } of client.listDeletedSecrets())
			if (listed.toLowerCase() === name.toLowerCase()) return deletedOf(properties);
		return undefined;
	}

	return {
		latest,
		version: (name, version) =>
			tried("read", name, async () => new Password((await client.getSecret(name, { version })).value ?? "")),
		room: (amount, who, options) => writes.room(amount, who, refuse, options),
		write: (_intent, name, { value, tags, expires, contentType }, { atOnce: isUrgent = false } = {}) =>
			tried("write", name, async () => {
				if (expires !== undefined && !(expires.getTime() / 1000 <= latestExpiry)) {
					const detail = "it would expire after 2038-01-19, which its API cannot say";
					throw new Fault("vault-rejected", { vault, secret: name, detail });
				}
				await warmUp(name);
				const given = { tags: { ...tags }, contentType, ...(expires && { expiresOn: expires }) };
				const write = () => client.setSecret(name, value.reveal(), given);
				return versionOf((await (isUrgent ? atOnce(write) : write())).properties);
			}),
		recover: (_intent, name) =>
			tried("recover", name, async () => {
				await warmUp(name);
				// Not the SDK's poller to its end: a 403 of any kind is "done" to it, and its first look takes every error for
				// "not live". So of its answer only the refusals count, and a look of ours says whether it is live.
				const refused = await client.beginRecoverDeletedSecret(name).then(
					() => undefined,
					(error: unknown) => asFault(error, { vault, secret: name, right: "recover" }),
				);
				if (refused?.code === "secret-missing") {
					// Live again already, as after a crash; or recovered a moment ago, and not yet live.
					if ((await latest(name)).state === "absent") throw new Fault("secret-nowhere", { vault, secret: name });
					return;
				}
				// Busy with an earlier call's recovery: waited for like our own.
				if (refused && refused.code !== "vault-busy") throw refused;
				await untilLive(name);
			}),
		disable: (_intent, name, version) =>
			tried("update", name, async () => {
				await warmUp(name);
				await client.updateSecretProperties(name, version, { enabled: false });
			}),
		update: (_intent, name, version, change) =>
			tried("update", name, async () => {
				await warmUp(name);
				await client.updateSecretProperties(name, version, { ...change, tags: change.tags && { ...change.tags } });
			}),
		backup: (_intent, name) =>
			tried("back up", name, async () => {
				await warmUp(name);
				const backup = await client.backupSecret(name);
				if (backup === undefined)
					throw new Fault("vault-rejected", { vault, secret: name, detail: "it gave no backup" });
				return backup;
			}),
		async deleted(name) {
			try {
				return deletedOf((await client.getDeletedSecret(name)).properties);
			} catch (error) {
				const fault = asFault(error, { vault, secret: name, right: "list" });
				if (fault.code === "secret-missing") return undefined;
				if (fault.code === "secret-disabled") return { enabled: false, tags: {} };
				if (fault.code !== "vault-forbidden") throw fault;
				// `AccessDenied` has been said of a disabled one too. The list of deleted secrets, which shows those,
				// distinguishes it from a missing right: there it is disabled, or it is not, or the list is refused as well.
				const listed = await tried("list", name, () => deletedInList(name));
				if (listed === undefined || listed.enabled) throw fault;
				return listed;
			}
		},
		async versions(name) {
			const found: SecretVersion[] = [];
			try {
				for await (const properties of client.listPropertiesOfSecretVersions(name)) found.push(versionOf(properties));
			} catch (error) {
				const fault = asFault(error, { vault, secret: name, right: "list" });
				if (fault.code !== "secret-missing") throw fault;
			}
			return found.sort((a, b) => a.created.getTime() - b.created.getTime());
		},
		async *list() {
			try {
				for await (const properties of client.listPropertiesOfSecrets())
					if (properties.managed !== true) yield listed(properties);
			} catch (error) {
				throw asFault(error, { vault, secret: "*", right: "list" });
			}
		},
	};
}

/** What the SDK needs to talk to a stand-in on loopback, and nothing for any other host. */
export function insecureOptions(url: string): {
	allowInsecureConnection: boolean;
	disableChallengeResourceVerification: boolean;
} {
	const local = isLoopback(new URL(url).hostname);
	return { allowInsecureConnection: local, disableChallengeResourceVerification: local };
}

const versionOf = (properties: SecretProperties): SecretVersion => ({
	version: properties.version ?? "",
	created: properties.createdOn ?? new Date(0),
	expires: properties.expiresOn,
	enabled: properties.enabled !== false,
	tags: { ...properties.tags },
	contentType: properties.contentType,
});

const deletedOf = ({ enabled, tags, version }: SecretProperties): DeletedSecret => ({
	enabled: enabled !== false,
	tags: { ...tags },
	...(version !== undefined && { version }),
});

const listed = (properties: SecretProperties): ListedSecret => ({
	name: properties.name,
	enabled: properties.enabled !== false,
	created: properties.createdOn,
	expires: properties.expiresOn,
	tags: { ...properties.tags },
	contentType: properties.contentType,
});
