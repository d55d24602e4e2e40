// Where the sample's secrets come from.
//
// S1. Whatever brings them, a password that the server rejects can be asked for anew, without a restart. Otherwise: a pod
//     that outlives a rotation is down until somebody restarts it.
// S2. An error names the secret and never has its value.

import { readFile } from "node:fs/promises";
import type { SecretClient } from "@azure/keyvault-secrets";

export interface Secrets {
	databaseUrl: string;
	login: Login;
	/** What signs sessions, with its fallbacks where it has some. */
	sessionKeys: string;
	/** The login as it is now at its source; `undefined` where that cannot be read. */
	freshLogin(): Promise<Login | undefined>;
}

export interface Login {
	/** Absent: the one in `databaseUrl`. */
	readonly user?: string;
	readonly password: string;
}

/** The password alone; or, where two users take turns, `{"username": "...", "password": "..."}`: the two belong together. */
function loginIn(text: string): Login {
	if (!text.startsWith("{")) return { password: text };
	const { username, password } = JSON.parse(text) as { username: string; password: string };
	return { user: username, password };
}

/**
 * From the Secret titanic-api-secrets, which the CSI driver, External Secrets, Flux or the rotator keeps.
 * @param passwordFile the same Secret, or the driver's own file, mounted: unlike the environment it is kept up to date
 */
export function secretsInEnvironment(env: NodeJS.ProcessEnv, passwordFile: string): Secrets {
	const given = (name: string) => {
		const value = env[name];
		if (!value) throw new Error(`${name} is not set; it comes from the Secret titanic-api-secrets.`);
		return value;
	};
	return {
		databaseUrl: given("DATABASE_URL"),
		login: loginIn(given("DB_PASSWORD")),
		sessionKeys: given("FLASK_SECRET_KEY"),
		freshLogin: () =>
			readFile(passwordFile, "utf8").then(
				(text) => loginIn(text.trimEnd()),
				() => undefined,
			),
	};
}

/** From the vault itself, where the pod's own identity may read it. */
export async function secretsInVault(vault: SecretClient): Promise<Secrets> {
	const read = async (name: string) => {
		try {
			return (await vault.getSecret(name)).value ?? "";
		} catch (error) {
			const { code, name: kind } = error as { code?: string; name?: string };
			throw new Error(`${vault.vaultUrl} does not give the secret ${name}: ${code ?? kind}.`);
		}
	};
	const [databaseUrl, password, sessionKeys] = await Promise.all([
		read("db-connection-string"),
		read("db-password"),
		read("flask-secret-key"),
	]);
	const freshLogin = () => read("db-password").then(loginIn, () => undefined);
	return { databaseUrl, login: loginIn(password), sessionKeys, freshLogin };
}
