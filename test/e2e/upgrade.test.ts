// A new version of the app is deployed while rotations run: the release before it has begun them, and this one ends them, on the same
// task hub, log, vault and database. With the release's own bundle, whether its host is stopped in order or is gone.

import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { login, prove } from "../../local/proof.ts";
import { rightsByKind } from "../../local/rights.ts";
import { follow } from "../../local/rotation-watch.ts";
import { temporaryFolder } from "../../local/scope.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { until } from "../../local/until.ts";
import { identities, names, seedPassword } from "../../local/world.ts";
import type { DataAction } from "../../packages/key-vault/index.ts";
import { Password } from "../../src/lib/domain/password.ts";
import { verifierOf } from "../../src/lib/domain/verifier.ts";
import { type Front, type Hold, recordOf, startFront, writeOf } from "./support/front.ts";
import { previousRelease } from "./support/previous-release.ts";
import { appDir, configure, idle } from "./support/scene.ts";

const minutes = 60_000;
const day = 86_400_000;
const release = await previousRelease();
if (typeof release === "string") console.warn(`upgrade.test.ts tests nothing. ${release}`);
else {
	console.info(`Upgraded from ${release.is}.`);
	afterAll(async () => release[Symbol.asyncDispose]());
}

/** In this order: while a record of the last one is held, no other rotation gets on. */
const secrets = ["stored-password", "altered-password", "db-password"] as const;
type Secret = (typeof secrets)[number];
const roleOf = (secret: Secret): string => (secret === "db-password" ? names.role : secret.replace("-", "_"));

/** Where its rotation is when the release's host goes. */
const phases: { readonly [S in Secret]: (vault: Front, blobs: Front) => Hold } = {
	// Before the switch: its new password is stored, and nobody has heard so.
	"stored-password": (vault) => vault.hold("after", writeOf("PUT", "stored-password-pending")),
	// In the gap: the database has the new password, and the vault the old one.
	"altered-password": (vault) => vault.hold("before", writeOf("PUT", "altered-password")),
	// In the delivery: the workload is being rolled.
	"db-password": (_, blobs) => blobs.hold("before", recordOf("roll", "outcome")),
};

/** Two more roles and their secrets, beside the one that a workload uses. */
async function seed({ postgres, vault }: Stack): Promise<void> {
	const { objectId } = identities.rotator;
	const grant = (secret: string, kind: "managed" | "pending") =>
		vault.grant({
			objectId,
			secret,
			actions: rightsByKind[kind].map((one) => `Microsoft.KeyVault/vaults/${one}` as DataAction),
		});
	for (const secret of secrets.filter((one) => one !== "db-password")) {
		const password = seedPassword();
		const verifier = verifierOf(new Password(password), secret);
		await postgres.query(`CREATE ROLE ${roleOf(secret)} LOGIN PASSWORD '${verifier}'`);
		vault.owner.set(secret, password, { expires: new Date(Date.now() + 90 * day), tags: { rotation: "90days" } });
		grant(secret, "managed");
		grant(`${secret}-pending`, "pending");
	}
}

async function ordered(stack: Stack, secret: Secret): Promise<string> {
	const answer = await stack.api(`secrets/${secret}/rotations`, { method: "POST", body: { force: true } });
	const said = (await answer.json()) as { rotationId: string };
	expect([answer.status, said]).toEqual([202, expect.anything()]);
	return said.rotationId;
}

const lives = ({ postgres, vault }: Stack, secret: Secret): Promise<string> =>
	login(
		`postgresql://${roleOf(secret)}:${vault.owner.get(secret)?.value}@${postgres.host}:${postgres.port}/${names.database}`,
	);

const leave: { readonly [how: string]: (stack: Stack, release: () => Promise<void>) => Promise<void> } = {
	async "in order"({ host }, letGo) {
		const { pid, exited } = host!;
		process.kill(pid, "SIGTERM");
		const answers = async () => (await fetch(`${host!.url}/api/health`).catch(() => undefined))?.status;
		await until("the end of its answers", 60, async () =>
			[502, undefined].includes(await answers()) ? true : undefined,
		);
		// What is under way in it ends; what comes after that does not begin.
		await letGo();
		expect(await exited).toBe(0);
	},
	async "by SIGKILL"({ host }, letGo) {
		await host!.kill();
		await letGo();
	},
};

(typeof release === "string" ? test.skip : test).each(Object.keys(leave))(
	"rotations that the last release has begun are completed by this version, where its host ended %s",
	async (how) => {
		await using parts = new AsyncDisposableStack();
		const { path: folder } = parts.use(await temporaryFolder("upgrade-"));
		/** What is here is deployed. */
		const deployed = join(folder, "app");
		await symlink((release as Exclude<typeof release, string>).appDir, deployed, "junction");
		let blobs: Front | undefined;
		const stack = parts.use(
			await startStack({
				appDir: deployed,
				settings: async ({ azurite, certificate }) => {
					blobs = parts.use(await startFront(azurite.url, certificate));
					return {
						AUDIT_CONTAINER_URL: `${blobs.url}/devstoreaccount1/audit`,
						// How soon an activity that was in flight comes again; a minute in production.
						AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout: "00:00:02",
					};
				},
			}),
		);
		const vault = parts.use(await startFront(stack.vault.url));
		await seed(stack);
		await configure(stack, ({ vaults, secrets: entries }) => {
			vaults.main.url = vault.url;
			for (const secret of secrets)
				entries[secret] ??= { ...entries["db-password"], role: roleOf(secret), derived: [], consumers: [] };
		});

		const holds: Hold[] = [];
		const begun = new Map<Secret, string>();
		for (const secret of secrets) {
			const hold = phases[secret](vault, blobs!);
			holds.push(hold);
			begun.set(secret, await ordered(stack, secret));
			await hold.reached;
		}
		expect(await Promise.all(secrets.map((secret) => lives(stack, secret)))).toEqual(["in", "28P01", "in"]);

		await leave[how]!(stack, async () => {
			for (const hold of holds) await hold.release();
		});
		await rm(deployed);
		await symlink(appDir, deployed, "junction");
		await stack.host!.restart();

		for (const secret of secrets) {
			const status = await follow(stack, begun.get(secret)!, { seconds: 120 });
			expect([secret, status]).toEqual([secret, expect.objectContaining({ outcome: "completed" })]);
		}
		await idle(stack);
		for (const secret of secrets) {
			const { owner } = stack.vault;
			expect([secret, await lives(stack, secret), owner.versions(secret).length]).toEqual([secret, "in", 2]);
			expect(owner.versions(`${secret}-pending`).map(({ enabled }) => enabled)).not.toContain(true);
		}
		const proved = { ready: true, version: stack.vault.owner.get("db-password")!.version };
		expect(await prove(stack)).toMatchObject({
			...{ publishedLogsIn: true, derivedLogsIn: true, oldIsRefused: true, versions: 2, leaks: [] },
			pods: [proved, proved],
			audit: { verified: true, openIntents: 0 },
		});
	},
	5 * minutes,
);
