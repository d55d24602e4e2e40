// The app's rights, each of which can be taken away and given back by itself: what an effect needs is really refused then, by
// the server that refuses it in production.

import { createHash } from "node:crypto";
import pg from "pg";
import type { DataAction } from "../../../packages/key-vault/index.ts";
import { at } from "../../../packages/kubernetes-api/index.ts";
import { appKey, sopsKey, tokenSecret } from "./git-ops.ts";
import { logins, type Place, type Scenario } from "./scenarios.ts";

const actions: Readonly<Record<string, DataAction>> = {
	GET: "Microsoft.KeyVault/vaults/secrets/getSecret/action",
	PUT: "Microsoft.KeyVault/vaults/secrets/setSecret/action",
	PATCH: "Microsoft.KeyVault/vaults/secrets/update/action",
	list: "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
};
/** The key that signs the audit log's head. */
export const signingKey = "audit-head";

export interface Rights extends AsyncDisposable {
	/**
	 * Takes away what this effect needs.
	 * @returns how to give it back, or `undefined` where no right stands behind it here
	 */
	take(effect: string): Promise<(() => Promise<void>) | undefined>;
}

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] };

/** @param also the other managed secret, where there are two */
export function grantRights(place: Place, login: Scenario["login"], also?: string): Rights {
	const { servers, vault, namespace, role } = place;
	const { objectId } = servers.app;
	const grants = new Map<string, () => void>();
	const grant = (method: string, secret?: string) =>
		grants.set(`${method} ${secret}`, vault.grant({ objectId, actions: [actions[method]!], secret }));
	const managed = ["db-password", ...(also ? [also] : [])];
	for (const secret of [...managed, "db-connection-string", ...managed.map((one) => `${one}-pending`)])
		for (const method of ["GET", "PUT"]) grant(method, secret);
	for (const secret of managed) grant("PATCH", `${secret}-pending`);
	for (const secret of logins[login].reads) grant("GET", secret);
	const { gitOps } = place;
	if (gitOps && !gitOps.gitHub) grant("GET", tokenSecret);
	grant("list");
	const ofKeys = new Map<string, () => void>();
	const grantKey = (key: string) => {
		const what = key === sopsKey ? "read" : "sign/action";
		ofKeys.set(key, vault.grant({ objectId, actions: [`Microsoft.KeyVault/vaults/keys/${what}`], key }));
	};
	for (const key of [signingKey, ...(gitOps ? [sopsKey] : []), ...(gitOps?.gitHub ? [appKey] : [])]) grantKey(key);
	let holder: pg.Client | undefined;

	async function ofVault(method: string, what: readonly string[]) {
		if (what.includes("(challenge)")) return undefined;
		if (what[0] === "keys") {
			const [, key = ""] = what;
			ofKeys.get(key)?.();
			return async () => grantKey(key);
		}
		// Versions, deleted secrets and the list of all are properties, not values: a right of the whole vault.
		const lists = what[0] === "(list)" || what[0] === "deletedsecrets" || what[1] === "versions";
		const right = lists ? "list" : method;
		const scope = lists ? undefined : what[0];
		const back = grants.get(`${right} ${scope}`);
		if (!back) throw new Error(`there is no right to ${method} ${what.join(" ")} that could be taken away`);
		back();
		return async () => void grant(right, scope);
	}

	async function ofCluster(verb: string, resource: string) {
		const path = at("rbac.authorization.k8s.io/v1", "roles", namespace, "titanic-secret-rotator");
		const { rules } = await servers.kubernetes.get<{ rules: Rule[] }>(path);
		const left = rules
			.flatMap((rule) => rule.resources.map((one) => ({ ...rule, resources: [one] })))
			.map((rule) =>
				rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule,
			)
			.filter(({ verbs }) => verbs.length > 0);
		await servers.kubernetes.merge(path, { rules: left });
		return async () => void (await servers.kubernetes.merge(path, { rules }));
	}

	const run = (sql: string) => servers.sql.query(sql);

	async function ofDatabase(effect: string) {
		const [what, name] = effect.split(/ (?=\S+$)/) as [string, string];
		if (what === "postgres login") {
			await run(`ALTER ROLE ${name} NOLOGIN`);
			return async () => void (await run(`ALTER ROLE ${name} LOGIN`));
		}
		if (what === "postgres lock") {
			holder = new pg.Client({ connectionString: servers.postgres.url() });
			await holder.connect();
			const key = createHash("sha256").update(`titanic-secret-rotator role ${role}`).digest().readInt32BE();
			await holder.query("SELECT pg_advisory_lock($1, 1)", [key]);
			return async () => {
				await holder?.end();
				holder = undefined;
			};
		}
		const forbidden = what === "postgres ALTER ROLE" ? logins[login].forbidden?.(place) : undefined;
		if (!forbidden) return undefined;
		await run(forbidden.take);
		return async () => void (await run(forbidden.give));
	}

	/** To push, or to open pull requests. Reading is Flux's right too, on the same server. */
	async function refusing(path: RegExp, method?: string) {
		const rule = { path, status: 403, times: Number.POSITIVE_INFINITY, ...(method !== undefined && { method }) };
		const end = gitOps?.server.faults.inject(rule);
		return end && (async () => end());
	}

	/** Its owner suspends the installation. */
	async function ofGitHub() {
		const app = gitOps?.gitHub?.app;
		if (!app) return undefined;
		const { installations } = app;
		app.installations = installations.map((one) => ({ ...one, suspended: true }));
		return async () => void Object.assign(app, { installations });
	}

	return {
		async take(effect) {
			const [system, verb = "", ...rest] = effect.split(" ");
			if (system === "vault") return ofVault(verb, rest);
			if (system === "kubernetes") return ofCluster(verb, rest[0] ?? "");
			if (system === "postgres") return ofDatabase(effect);
			if (system === "github") return ofGitHub();
			if (system === "pulls") return refusing(/\/pullrequests/, verb);
			return system === "git" && rest[1] === "git-receive-pack" ? refusing(/git-receive-pack$/) : undefined;
		},
		[Symbol.asyncDispose]: async () => void (await holder?.end()),
	};
}
