// What no single field can tell: names that must exist, and things that may have one owner only.
// CY1. A role has one secret, and a secret one writer. Otherwise: two rotations undo each other, and one of the two secrets
//      is wrong from then on.

/** As much of a configuration as is looked at here. */
interface Named {
	readonly vaults: Readonly<Record<string, { url: string; name?: string }>>;
	readonly servers: Readonly<Record<string, { host: string; port: number }>>;
	readonly clusters: Readonly<Record<string, unknown>>;
	readonly secrets: Readonly<
		Record<
			string,
			{
				vault: string;
				server: string;
				role: string;
				login: { mode: "self"; recovery?: OtherRole } | ({ mode: "admin-secret" } & OtherRole);
				derived: readonly { secret: string }[];
				consumers: readonly { cluster: string; namespace: string; kind: string; name: string }[];
			}
		>
	>;
}

interface OtherRole {
	readonly vault?: string;
	readonly secret: string;
	readonly role: string;
}

export interface Inconsistency {
	readonly path: PropertyKey[];
	readonly message: string;
}

/** @returns everything wrong, in the order of the file */
export function inconsistencies(config: Named): Inconsistency[] {
	const found: Inconsistency[] = [];
	const problem = (path: PropertyKey[], message: string) => found.push({ path, message });

	const known = (kind: "vaults" | "servers" | "clusters", name: string, path: PropertyKey[]) => {
		if (Object.hasOwn(config[kind], name)) return;
		// Not the name that is there: see FI1 of fields.ts.
		problem(path, `is not one of ${kind}; give: ${Object.keys(config[kind]).join(", ") || "(none)"}`);
	};

	const claims = new Map<string, string>();
	/** The first to claim a thing has it; the next one is the problem. */
	const claim = (thing: string, owner: string, path: PropertyKey[], says: (first: string) => string) => {
		const first = claims.get(thing);
		if (first === undefined) claims.set(thing, owner);
		else problem(path, says(first));
	};

	for (const [name, { url, name: azureName }] of Object.entries(config.vaults)) {
		const path = ["vaults", name];
		claim(`vault ${url.toLowerCase()}`, name, path, (first) => `is the vault "${first}" again; use that name`);
		if (azureName === undefined) continue;
		claim(
			`azure ${azureName.toLowerCase()}`,
			name,
			[...path, "name"],
			(first) => `is the name of vault "${first}" too`,
		);
	}

	for (const [name, secret] of Object.entries(config.secrets)) {
		const at = ["secrets", name];
		const written = (secretName: string, path: PropertyKey[]) =>
			claim(
				`secret ${secret.vault}/${secretName.toLowerCase()}`,
				name,
				path,
				(first) => `is written for "${first}" already; give another name`,
			);

		known("vaults", secret.vault, [...at, "vault"]);
		known("servers", secret.server, [...at, "server"]);
		const server = Object.hasOwn(config.servers, secret.server) ? config.servers[secret.server] : undefined;
		const where = server ? `${server.host.toLowerCase()}:${server.port}` : secret.server;
		claim(
			`role ${where}/${secret.role}`,
			name,
			[...at, "role"],
			(first) => `is the role of secret "${first}"; let one secret own it`,
		);
		written(name, at);
		for (const [index, derived] of secret.derived.entries())
			written(derived.secret, [...at, "derived", index, "secret"]);

		const { login } = secret;
		const other = login.mode === "self" ? login.recovery : login;
		const loginAt = [...at, "login", ...(login.mode === "self" ? ["recovery"] : [])];
		if (other !== undefined) {
			if (other.vault !== undefined) known("vaults", other.vault, [...loginAt, "vault"]);
			if (other.role === secret.role) {
				const instead = login.mode === "self" ? "give another role" : 'give mode "self"';
				problem([...loginAt, "role"], `is the managed role itself; ${instead}`);
			} else if (other.secret.toLowerCase() === name.toLowerCase() && (other.vault ?? secret.vault) === secret.vault) {
				problem([...loginAt, "secret"], "is the managed secret itself; give the admin role's");
			}
		}

		for (const [index, { cluster, namespace, kind, name: workload }] of secret.consumers.entries()) {
			const path = [...at, "consumers", index];
			known("clusters", cluster, [...path, "cluster"]);
			claim(
				`consumer ${name}/${cluster}/${namespace}/${kind}/${workload}`,
				name,
				path,
				() => `is ${kind} ${namespace}/${workload} again; list it once`,
			);
		}
	}
	return found;
}
