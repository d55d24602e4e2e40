// What a case begins with: two secrets, a role, two containers and a configuration, all of its own.

import { ContainerClient } from "@azure/storage-blob";
import pg from "pg";
import { logins, type Place, paths, type Scenario, strategies } from "./scenarios.ts";
import type { Servers } from "./servers.ts";

const day = 86_400_000;
export const firstPassword = "first-password";
export const firstValue = (strategy: Scenario["strategy"], role: string): string =>
	strategies[strategy].value?.(role, firstPassword) ?? firstPassword;
export const derivedOf = (role: string, password: string) =>
	`postgresql://${role}:${encodeURIComponent(password)}@127.0.0.1/titanic`;
/** What is in force of a value: of several keys, the one that signs. */
export const inForceOf = (value: string): string => (value.startsWith("{") && JSON.parse(value).current) || value;

/** @returns the rotation configuration of this case */
export async function seed(place: Place, { login, strategy, path }: Scenario, now: () => Date): Promise<object> {
	const { servers, vault, role, second, gitOps } = place;
	const of = strategies[strategy];
	const inDays = (days: number) => new Date(now().getTime() + days * day);
	const tags = { application: "titanic-api", rotation: "90days" };
	vault.owner.set("db-password", firstValue(strategy, role), { tags, expires: inDays(29), contentType: "text/plain" });
	vault.owner.set("db-connection-string", derivedOf(role, firstPassword), { tags });
	const { also } = paths[path];
	if (also) vault.owner.set(also, "first-key", { tags, expires: inDays(29), contentType: "text/plain" });
	const consumers = [{ ...paths[path].consumer(place), ...(gitOps?.host && { copyTimeoutSeconds: 3_600 }) }];
	const made = logins[login].seed(place);
	await servers.sql.query(
		`CREATE ROLE ${role} LOGIN PASSWORD '${firstPassword}'; CREATE ROLE ${second} LOGIN; ${of.sql?.(place) ?? ""}; ${made.sql}`,
	);
	return {
		vaults: { main: { url: vault.url, name: vault.name, writesPer10Seconds: 300 } },
		servers: {
			"titanic-db": {
				host: servers.postgres.host,
				port: login === "entra-token" ? servers.entraPort : servers.postgres.port,
				database: "postgres",
			},
		},
		clusters: { "titanic-aks": { server: servers.cluster.server, ca: servers.caFile } },
		...(gitOps && {
			repositories: {
				gitops: {
					...{ url: gitOps.server.url, login: gitOps.login },
					...(gitOps.host && { pullRequests: { host: "azure-devops" } }),
				},
			},
		}),
		secrets: {
			"db-password": {
				vault: "main",
				strategy,
				...of.fields(place, made.login),
				consumers,
			},
			...(also && { [also]: { vault: "main", strategy: "random-value", consumers } }),
		},
	};
}

export async function container({ storage }: Servers, name: string): Promise<ContainerClient> {
	const client = new ContainerClient(`${storage.url}/${name}`, storage.credential);
	await client.create();
	return client;
}

/** @returns false only for a wrong password */
export async function logsIn({ postgres }: Servers, user: string, password: string): Promise<boolean> {
	const client = new pg.Client({ host: postgres.host, port: postgres.port, database: "postgres", user, password });
	client.on("error", () => {});
	try {
		await client.connect();
		return true;
	} catch (error) {
		if ((error as { code?: string }).code === "28P01") return false;
		throw error;
	} finally {
		await client.end().catch(() => {});
	}
}
