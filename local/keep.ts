// What somebody needs who carries on in the demo's world: files of exports, one for each role, and commands to begin with.
// KP1. What opens something is in files that only their owner reads, never on the terminal: that is recorded, shared and scrolled
//      back. They are gone with the stack's folder. Kept by: demo.test.ts.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DataAction, KeyAction } from "../packages/key-vault/index.ts";
import { people } from "./people.ts";
import type { Stack } from "./stack.ts";
import { audience } from "./world.ts";

/** Of the vault's owner, for the machine's own user. */
const owner = {
	objectId: "0b1ec700-0000-4000-8000-0000000000dd",
	clientId: "c11e0700-0000-4000-8000-0000000000dd",
	name: "owner",
};
const ownersRights: (DataAction | KeyAction)[] = [
	"Microsoft.KeyVault/vaults/secrets/readMetadata/action",
	"Microsoft.KeyVault/vaults/secrets/getSecret/action",
	// To verify the log's signed heads.
	"Microsoft.KeyVault/vaults/keys/read",
];

/** A working day. */
const tokenSeconds = 10 * 60 * 60;

/** @returns what the terminal shows: a line each, with what it is for */
export async function keep(stack: Stack): Promise<[string, string][]> {
	const { identity, vault, postgres, cluster, folders, keys, appUrl, settings } = stack;
	const kubeConfig = join(folders.all, "kubeconfig.json");
	await secretly(kubeConfig, kubeConfigOf(cluster));
	vault.grant({ objectId: owner.objectId, actions: ownersRights });
	const machine = identity.managedIdentity(owner);
	const vaultToken = await machine.credential().getToken("https://vault.azure.net/.default");
	const shared = {
		ROTATOR_URL: appUrl ?? "",
		KUBECONFIG: kubeConfig,
		DATABASE: `${postgres.url("titanic")}?sslmode=require`,
		VAULT_URL: vault.url,
		VAULT_TOKEN: vaultToken?.token ?? "",
		MASTER_KEY: keys.master,
		// What `az login` gives elsewhere: the commands that ask vault, storage and server themselves do it as the owner.
		...machine.env,
		PGUSER: postgres.superuser.user,
		PGPASSWORD: postgres.superuser.password,
		...settingsOf(settings),
	};
	for (const [name, { roles, id: objectId }] of Object.entries(people)) {
		// A person's, so with a scope: only people approve.
		const claims = { audience, roles: [...roles], objectId, name, azp: "c11e0700-0000-4000-8000-0000000000aa" };
		const token = await identity.operatorToken({
			...claims,
			scp: "user_impersonation",
			expiresInSeconds: tokenSeconds,
		});
		await secretly(join(folders.all, `${name}.sh`), exportsOf({ ...shared, ROTATOR_TOKEN: token }));
	}
	const file = (name: keyof typeof people) => `source ${join(folders.all, `${name}.sh`)}`;
	const bearer = '-H "Authorization: Bearer $VAULT_TOKEN"';
	const functionKey = '-H "x-functions-key: $MASTER_KEY" -H "content-type: application/json" -d "{}"';
	return [
		[file("operator"), "be an operator: token, addresses and keys as exports"],
		[file("reader"), "or somebody who may only read"],
		[file("approver"), "or another person, who may approve"],
		[file("lead"), "or somebody who may do both, but not approve what they have asked for"],
		[file("break-glass"), "or somebody who may go without an approval"],
		[file("auditor"), "or somebody who may read the audit log"],
		["npm run -s rotator -- secrets", "what is managed, and its health"],
		["npm run -s rotator -- rotate db-password --dry-run --force --wait", "what a rotation would do"],
		[
			'npm run -s rotator -- rotate db-password --force --confirm db-password --reason "to see it" --wait',
			"rotate it, and watch",
		],
		["npm run -s rotator -- doctor", "what the app lacks anywhere, with the command that gives it"],
		[
			"npm run -s rotator -- approvals",
			`what waits for an approval: first add \`approval: required\` to a secret in ${settings.ROTATION_CONFIG_FILE}, which is read again by itself, and rotate it`,
		],
		[
			'npm run -s rotator -- discover --config "$ROTATION_CONFIG_FILE" --context local',
			"what is not in the configuration yet",
		],
		[
			`curl -s ${functionKey} "$ROTATOR_URL/admin/functions/sweep"`,
			"run the sweep now; some seconds later `npm run -s rotator -- compliance` has its report",
		],
		["npm run -s rotator -- audit --secret db-password", "what was done (as auditor)"],
		["npm run -s rotator -- compliance --format json > evidence.json", "signed evidence of it (as auditor)"],
		["npm run -s rotator -- compliance verify evidence.json", "is the evidence what the app signed?"],
		["npm run -s rotator -- audit verify", "is the audit log what was written?"],
		["kubectl -n titanic-api get pods", "the workload"],
		['psql "$DATABASE" -c "SELECT usename, application_name, backend_start FROM pg_stat_activity"', "who is logged in"],
		[`curl -sk ${bearer} "$VAULT_URL/secrets/db-password/versions?api-version=7.6"`, "the secret's versions"],
	];
}

/** The app's settings that its commands read too. */
const settingsOf = (settings: Readonly<Record<string, string>>): Record<string, string> =>
	Object.fromEntries(
		[
			"ROTATION_CONFIG_FILE",
			"AUDIT_CONTAINER_URL",
			"AUDIT_COPY_CONTAINER_URL",
			"AUDIT_SIGNING_KEY_URL",
			"NODE_EXTRA_CA_CERTS",
		].map((name) => [name, settings[name] ?? ""]),
	);

const secretly = (file: string, content: string) => writeFile(file, content, { mode: 0o600 });

const exportsOf = (variables: Readonly<Record<string, string>>): string =>
	Object.entries(variables)
		.map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
		.join("");

/** In JSON, which is YAML too. */
const kubeConfigOf = ({ server, ca, adminToken }: Stack["cluster"]): string =>
	JSON.stringify({
		apiVersion: "v1",
		kind: "Config",
		clusters: [
			{ name: "local", cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } },
		],
		users: [{ name: "admin", user: { token: adminToken } }],
		contexts: [{ name: "local", context: { cluster: "local", user: "admin", namespace: "titanic-api" } }],
		"current-context": "local",
	});
