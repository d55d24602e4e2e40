// What the app may do in the repositories, and with the keys, of one entry's deliveries.

import type { Ports } from "../app.ts";
import type { Configuration } from "../config/configuration.ts";
import type { FoundRight, FoundSystem } from "../domain/diagnosis.ts";
import type { AppIdentity } from "../ports/identity.ts";
import { asFault } from "../steps/boundary.ts";
import type { Managed } from "../steps/managed.ts";
import { assignRole } from "./commands.ts";
import { denied, faultOf, ofFault, ok, silent, unknown } from "./found.ts";

export async function askRepositories(
	ports: Ports,
	config: Configuration,
	{ secret }: Managed,
	app: AppIdentity,
): Promise<FoundSystem[]> {
	const given = secret.consumers.flatMap(({ delivery }) => ("repository" in delivery ? [delivery] : []));
	const names = [...new Set(given.map(({ repository }) => repository))];
	const keys = [...new Set(given.flatMap(({ recipients }) => recipients))].filter((one) => /^https?:/.test(one));
	const systems = await Promise.all(names.map((name) => ofRepository(ports, config, name, app)));
	if (keys.length === 0) return systems;
	return [
		...systems,
		{ system: "Keys of encrypted files", rights: await Promise.all(keys.map((key) => ofKey(ports, key, app))) },
	];
}

async function ofRepository(
	ports: Ports,
	{ repositories }: Configuration,
	name: string,
	app: AppIdentity,
): Promise<FoundSystem> {
	const system = `git ${name}`;
	const { branch, login, pullRequests } = repositories[name]!;
	const fetches = `fetch ${branch}`;
	const pushes = pullRequests ? "push to branches titanic-secret-rotator/*" : `push to ${branch}`;
	try {
		await using checkout = await (await ports.repository(name)).open();
		const fault = await faultOf(() => (pullRequests ? checkout.mayPush() : checkout.rehearse()));
		const opens = pullRequests && pullRequests.host !== "none";
		return {
			system,
			rights: [
				ok(fetches),
				fault ? ofFault(pushes, fault) : ok(pushes),
				...(opens ? [unknown("open pull requests", "It cannot be asked without opening one.")] : []),
			],
		};
	} catch (error) {
		const fault = asFault(error, "doctor");
		if (fault.code === "signing-forbidden" && login.mode === "github-app")
			return {
				system,
				rights: [
					denied(
						`sign with ${login.key}`,
						fault.code,
						fault.sentence,
						assignRole("gitHubApp", scopeOf(login.key), app),
					),
					unknown(`${fetches}, ${pushes}`, "It is not asked without a signature."),
				],
			};
		if (fault.transient) return silent(system, fault);
		return {
			system,
			rights: [ofFault(fetches, fault), unknown(pushes, "It is not asked of a branch that cannot be fetched.")],
		};
	}
}

async function ofKey(ports: Ports, key: string, app: AppIdentity): Promise<FoundRight> {
	const right = `read ${key}`;
	const fault = await faultOf(async () => (await ports.encryptionKeys()).publicKey(key));
	if (!fault) return ok(right);
	if (fault.code !== "encryption-key-forbidden") return ofFault(right, fault);
	return denied(right, fault.code, fault.sentence, assignRole("recipient", scopeOf(key), app));
}

/** @param key `https://<vault>.vault.azure.net/keys/<name>` */
export function scopeOf(key: string): { readonly vaultName: string; readonly of: string } {
	const { hostname, pathname } = new URL(key);
	const [, , name = ""] = pathname.split("/");
	return { vaultName: hostname.split(".")[0] ?? "", of: `keys/${name}` };
}
