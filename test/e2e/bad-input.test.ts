// Whatever is wrong is refused by a code, with a sentence that names it, on the audit log, and nothing is changed: not the
// vault, not the role, not the Deployment, and no password is left behind. What fails half-way ends safely.

import { devNull } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { prove } from "../../local/proof.ts";
import { rotationOf, type Status } from "../../local/rotation-watch.ts";
import { until } from "../../local/until.ts";
import { identities } from "../../local/world.ts";
import type { VaultEvent } from "../../packages/key-vault/index.ts";
import { Password } from "../../src/lib/domain/password.ts";
import { verifierOf } from "../../src/lib/domain/verifier.ts";
import { startElsewhere, startGate } from "./support/database.ts";
import { type Front, recordOf, startFront } from "./support/front.ts";
import {
	administrator,
	auditLog,
	auditOf,
	configure,
	deploymentPath,
	enabledPending,
	loginWith,
	loginWithLive,
	nextRotation,
	patched,
	providerClassPath,
	rolePath,
	rotated,
	stackFor,
	standing,
	type Undo,
	withoutConsumers,
} from "./support/scene.ts";

const minutes = 60_000;
const parts = new AsyncDisposableStack();
let blobs: Front;
const stack = stackFor({
	settings: async ({ azurite, certificate }) => {
		blobs = parts.use(await startFront(azurite.url, certificate));
		return { AUDIT_CONTAINER_URL: `${blobs.url}/devstoreaccount1/audit` };
	},
});
const kubernetes = administrator(stack);
afterAll(() => parts.disposeAsync());

const rotator = "titanic_rotator";
const rotatorSecret = "db-rotator-password";
const adminLogin = { mode: "admin-secret", secret: rotatorSecret, role: rotator };
let nearExpiry: VaultEvent;

beforeAll(async () => {
	const { postgres, topic, vault } = stack();
	// A login that may create roles, but was never given db-password's role.
	const password = new Password(crypto.randomUUID());
	await postgres.query(`CREATE ROLE ${rotator} LOGIN CREATEROLE PASSWORD '${verifierOf(password, rotatorSecret)}'`);
	await postgres.query("CREATE ROLE titanic_reports NOLOGIN");
	vault.owner.set(rotatorSecret, password.reveal());
	const { objectId } = identities.rotator;
	for (const secret of [rotatorSecret, "db-old-password", "db-old-password-pending"])
		vault.grant({ objectId, secret, actions: ["Microsoft.KeyVault/vaults/secrets/getSecret/action"] });
	// The events of the seed world start a rotation: it is refused, because its role is not there.
	const undo = await configure(stack(), (config) => {
		config.secrets["db-password"].consumers[0].name = "nobody";
	});
	nearExpiry = vault.fireDueEvents().find(({ subject }) => subject === "db-password")!;
	await topic.idle();
	await nextRotation(stack(), undefined);
	await undo();
});

const live = () => stack().vault.owner.get("db-password")!;
const config = (change: Parameters<typeof configure>[1]) => () => configure(stack(), change);
const server = (change: (server: { host: string; port: number; tls: { ca: string } }) => void) =>
	config(({ servers }) => change(servers["titanic-db"]));
const managed = (changes: object) => config(({ secrets }) => Object.assign(secrets["db-password"], changes));
const consumer = (change: (consumer: { name: string; delivery: { secretProviderClass: string } }) => void) =>
	config(({ secrets }) => change(secrets["db-password"].consumers[0]));
const deployment = (spec: object) => () => patched(kubernetes(), deploymentPath, { spec });

interface Rule {
	readonly resources: string[];
	readonly resourceNames?: string[];
	readonly verbs: string[];
}
const role = (change: (rules: Rule[]) => Rule[]) => async () => {
	const { rules } = await kubernetes().get<{ rules: Rule[] }>(rolePath);
	return patched(kubernetes(), rolePath, { rules: change(rules) });
};
const withoutRight = (verb: string, resource: string) =>
	role((rules) =>
		rules
			.flatMap((rule) => rule.resources.map((one) => ({ ...rule, resources: [one] })))
			.map((rule) =>
				rule.resources[0] === resource ? { ...rule, verbs: rule.verbs.filter((other) => other !== verb) } : rule,
			)
			.filter(({ verbs }) => verbs.length > 0),
	);

/** Another version is live for a while; the old value is live again afterwards. */
const storedValue = (value: string) => () => {
	const { value: before, tags, exp } = live();
	const expires = exp === undefined ? undefined : new Date(exp * 1000);
	stack().vault.owner.set("db-password", value, { tags: { ...tags }, expires });
	return () => stack().vault.owner.set("db-password", before, { tags: { ...tags }, expires });
};

const all =
	(...steps: (() => Undo | Promise<Undo>)[]) =>
	async (): Promise<Undo> => {
		const undos: Undo[] = [];
		for (const step of steps) undos.push(await step());
		return async () => {
			for (const undo of undos.reverse()) await undo();
		};
	};

interface Case {
	readonly arrange: () => Undo | Promise<Undo>;
	readonly code: string;
	/** The sentence names what is at fault. */
	readonly says: RegExp;
	/** Another step than `plan` finds it. */
	readonly step?: string;
	/** Key Vault's event starts it instead of an operator. */
	readonly byEvent?: true;
}

const refused: Record<string, Case> = {
	"an event for a disabled secret": {
		arrange: () => {
			stack().vault.owner.update("db-password", live().version, { enabled: false });
			return () => stack().vault.owner.update("db-password", live().version, { enabled: true });
		},
		byEvent: true,
		code: "secret-disabled",
		says: /newest version of secret db-password in vault main is disabled/,
	},
	"a secret without a value": {
		arrange: storedValue(""),
		code: "secret-empty",
		says: /db-password in vault main has no value/,
	},
	"a secret that was deleted": {
		arrange: () => {
			stack().vault.owner.delete("db-password");
			return () => stack().vault.owner.recover("db-password");
		},
		code: "secret-deleted",
		says: /Secret db-password in vault main is deleted but recoverable/,
	},
	"a password that the database does not accept": {
		arrange: storedValue("somebody-changed-it-by-hand"),
		code: "password-rejected",
		says: /titanic-db rejects the password of role titanic_admin/,
	},
	"no right to read the secret": {
		arrange: () => stack().withdraw("rotator", "getSecret/action", "db-password"),
		code: "vault-forbidden",
		says: /may not read secret db-password in vault main/,
	},
	"no right to read the pending secret": {
		arrange: () => stack().withdraw("rotator", "getSecret/action", "db-password-pending"),
		code: "vault-forbidden",
		says: /may not read secret db-password-pending in vault main/,
	},
	"no right to write the pending secret": {
		arrange: () => stack().withdraw("rotator", "setSecret/action", "db-password-pending"),
		code: "vault-forbidden",
		says: /may not write secret db-password-pending in vault main/,
		step: "createSecret",
	},
	"a database certificate for another name": {
		arrange: async () => {
			const elsewhere = await startElsewhere();
			const undo = await server((found) => {
				found.port = elsewhere.port;
				found.tls.ca = elsewhere.caFile;
			})();
			return async () => {
				await undo();
				await elsewhere[Symbol.asyncDispose]();
			};
		},
		code: "tls-wrong-name",
		says: /certificate of PostgreSQL server titanic-db is for another name/,
	},
	"a database certificate that nobody vouches for": {
		arrange: async () => {
			const elsewhere = await startElsewhere();
			const undo = await server((found) => {
				found.tls.ca = elsewhere.caFile;
			})();
			return async () => {
				await undo();
				await elsewhere[Symbol.asyncDispose]();
			};
		},
		code: "tls-untrusted",
		says: /certificate of PostgreSQL server titanic-db is not trusted/,
	},
	"a database that is not there": {
		arrange: server((found) => Object.assign(found, { database: "lusitania" })),
		code: "database-missing",
		says: /titanic-db has no database lusitania/,
	},
	"a role that is not there": {
		arrange: managed({ login: adminLogin, role: "titanic_nobody" }),
		code: "role-missing",
		says: /titanic-db has no role titanic_nobody/,
	},
	"a role that may not log in": {
		arrange: managed({ login: adminLogin, role: "titanic_reports" }),
		code: "role-cannot-login",
		says: /Role titanic_reports on PostgreSQL server titanic-db may not log in/,
	},
	"no right to set the role's password": {
		arrange: managed({ login: adminLogin }),
		code: "role-not-permitted",
		says: /Role titanic_rotator on PostgreSQL server titanic-db needs ADMIN OPTION on role titanic_admin/,
	},
	"an administrator whose password is in no secret": {
		arrange: managed({ login: { ...adminLogin, secret: "db-old-password" } }),
		code: "secret-missing",
		says: /Vault main has no secret db-old-password/,
	},
	"no right to roll the Deployment": {
		arrange: withoutRight("patch", "deployments"),
		code: "cluster-forbidden",
		says: /may not patch deployments\/titanic-api in namespace titanic-api in cluster titanic-aks/,
	},
	"no right to read the synced copy": {
		arrange: withoutRight("get", "secrets"),
		code: "cluster-forbidden",
		says: /may not get secrets\/titanic-api-secrets in namespace titanic-api/,
	},
	"no right to read the pods' proofs": {
		arrange: withoutRight("list", "secretproviderclasspodstatuses"),
		code: "cluster-forbidden",
		says: /may not list secretproviderclasspodstatuses in namespace titanic-api/,
	},
	"a pinned objectVersion": {
		arrange: async () => {
			const { spec } = await kubernetes().get<{ spec: { parameters: { objects: string } } }>(providerClassPath);
			const pin = `objectName: db-password\n    objectVersion: ${live().version}\n`;
			const objects = spec.parameters.objects.replace("objectName: db-password\n", pin);
			return patched(kubernetes(), providerClassPath, { spec: { parameters: { objects } } });
		},
		code: "object-pinned",
		says: /titanic-api\/titanic-kv-secrets pins the version of db-password/,
	},
	"a SecretProviderClass that is not there": {
		// The right is on one name: a request for another is told only that it is not allowed.
		arrange: all(
			role((rules) =>
				rules.map((rule) => (rule.resources[0] === "secretproviderclasses" ? { ...rule, resourceNames: [] } : rule)),
			),
			consumer(({ delivery }) => {
				delivery.secretProviderClass = "lusitania-kv-secrets";
			}),
		),
		code: "provider-class-missing",
		says: /SecretProviderClass titanic-api\/lusitania-kv-secrets does not exist/,
	},
	"a paused Deployment": {
		arrange: deployment({ paused: true }),
		code: "workload-paused",
		says: /Deployment titanic-api\/titanic-api is paused/,
	},
	"a Deployment that is not there": {
		arrange: all(
			role((rules) =>
				rules.map((rule) => (rule.resources[0] === "deployments" ? { ...rule, resourceNames: [] } : rule)),
			),
			consumer((found) => {
				found.name = "lusitania-api";
			}),
		),
		code: "workload-missing",
		says: /Deployment titanic-api\/lusitania-api does not exist/,
	},
};

/** Has it this code, a sentence that says so, and a next step, both in the status and on the audit log? */
async function expectExplained(status: Status, { code, says, step = "plan" }: Omit<Case, "arrange">): Promise<void> {
	expect(status).toMatchObject({
		code,
		problem: { code, message: expect.stringMatching(says), next: expect.stringMatching(/\.$/) },
	});
	expect(await auditOf(stack(), status.rotationId)).toContainEqual(
		expect.objectContaining({ step, phase: "outcome", code, message: expect.stringMatching(says) }),
	);
}

test.each(Object.entries(refused))(
	"%s: the rotation is refused before anything is changed",
	async (_, { arrange, byEvent, ...expected }) => {
		const undo = await arrange();
		try {
			const before = await standing(stack(), kubernetes());
			let status: Status;
			if (byEvent) {
				const previous = await rotationOf(stack(), "db-password");
				stack().topic.publish({ ...nearExpiry, id: crypto.randomUUID() });
				status = await nextRotation(stack(), previous);
			} else status = await rotated(stack(), { force: true });
			expect(status.outcome).toBe("refused");
			await expectExplained(status, expected);
			expect(await standing(stack(), kubernetes())).toEqual(before);
			expect(enabledPending(stack())).toBe(0);
		} finally {
			await undo();
		}
		expect(await loginWithLive(stack())).toBe("in");
	},
	minutes,
);

test(
	"a database that is down: the rotation is refused when patience ends, and nothing is changed",
	async () => {
		const gone = await startGate(0);
		await gone[Symbol.asyncDispose]();
		const undo = await server((found) => {
			found.port = gone.port;
		})();
		const before = await standing(stack(), kubernetes());
		const status = await rotated(stack(), { force: true });
		await undo();
		expect(status.outcome).toBe("refused");
		await expectExplained(status, {
			code: "server-unreachable",
			says: /PostgreSQL server titanic-db cannot be reached/,
		});
		expect(await standing(stack(), kubernetes())).toEqual(before);
	},
	6 * minutes,
);

test("a secret without an entry is not found, and the attempt is recorded with the operator", async () => {
	const before = await standing(stack(), kubernetes());
	const answer = await stack().api("secrets/lusitania-password/rotations", { method: "POST", body: {} });
	expect(answer.status).toBe(404);
	const says = expect.stringMatching(/lusitania-password/);
	expect(await answer.json()).toMatchObject({ code: "secret-not-configured", detail: says });
	const notes = (await auditLog(stack()))
		.map(({ data }) => data)
		.filter(({ code }) => code === "secret-not-configured");
	expect(notes).toEqual([expect.objectContaining({ step: "trigger", phase: "note", message: says })]);
	expect(notes[0]?.actor.user).toMatchObject({ type: "operator", uid: expect.stringMatching(/.+/) });
	expect(await standing(stack(), kubernetes())).toEqual(before);
});

describe("events that ask for nothing", () => {
	const data = (changes: object) => ({ ...nearExpiry, data: { ...nearExpiry.data, ...changes } }) as VaultEvent;
	const ignored: Record<string, [() => VaultEvent, code: string]> = {
		"one without the secret's name": [() => data({ ObjectName: undefined }), "event-malformed"],
		"one whose version is none": [() => data({ Version: "latest" }), "event-malformed"],
		"one about a secret without an entry": [() => data({ ObjectName: "flask-secret-key" }), "event-foreign"],
		"one of another vault": [() => data({ VaultName: "lusitania-kv-prod" }), "event-foreign"],
		"one about the pending secret": [() => data({ ObjectName: "db-password-pending" }), "event-pending"],
		"one about a key": [() => data({ ObjectType: "Key" }), "event-kind"],
	};

	test.each(Object.entries(ignored))("%s is acknowledged, recorded and ignored", async (_, [made, code]) => {
		const { topic } = stack();
		const before = await standing(stack(), kubernetes());
		const event = { ...made(), id: crypto.randomUUID() };
		topic.publish(event);
		await topic.idle();
		const deliveries = topic.deliveries.filter(({ eventIds }) => eventIds.includes(event.id));
		expect(deliveries.map(({ status }) => status)).toEqual([202]);
		const records = (await auditLog(stack())).filter(({ data }) => data.actor.user.uid === event.id);
		expect(records.map(({ data }) => data)).toEqual([
			expect.objectContaining({ step: "trigger", phase: "note", code, message: expect.stringMatching(/^[A-Z].*\.$/) }),
		]);
		expect(await standing(stack(), kubernetes())).toEqual(before);
	});

	test("a stale one is skipped: another version is live than the one it saw", async () => {
		const before = await standing(stack(), kubernetes());
		const previous = await rotationOf(stack(), "db-password");
		stack().topic.publish({ ...data({ Version: "0".repeat(32) }), id: crypto.randomUUID() });
		const status = await nextRotation(stack(), previous);
		expect(status).toMatchObject({ outcome: "skipped", code: "superseded" });
		expect(await standing(stack(), kubernetes())).toEqual(before);
	});
});

describe("a configuration that is broken", () => {
	const broken: Record<string, [change: Parameters<typeof configure>[1], says: RegExp]> = {
		"an option that does not exist": [
			({ secrets }) => {
				secrets["db-password"].rotateEvryDays = 30;
			},
			/secrets\["db-password"\].*unknown key "rotateEvryDays"/,
		],
		"two secrets that claim one role": [
			({ secrets }) => {
				secrets["reports-password"] = { ...secrets["db-password"], derived: [], consumers: [] };
			},
			/secrets\["reports-password"\]\.role: is the role of secret "db-password"; let one secret own it/,
		],
		"a vault that is not listed": [
			({ secrets }) => {
				secrets["db-password"].vault = "lusitania";
			},
			/secrets\["db-password"\]\.vault: is "lusitania", which is not one of vaults; give: main/,
		],
		"an empty file of CAs": [
			({ servers }) => {
				servers["titanic-db"].tls.ca = devNull;
			},
			/servers\["titanic-db"\]\.tls\.ca: is empty; give a PEM file/,
		],
		"a connection string that is no URL": [
			({ secrets }) => {
				secrets["db-password"].derived[0].template = "Host={host};Username={role};Password={password}";
			},
			/derived\[0\]\.template: is no URL.*give format \(it looks like ado-net\)/,
		],
	};

	test.each(Object.entries(broken))(
		"%s: every trigger is refused, and nothing is changed",
		async (_, [change, says]) => {
			const before = await standing(stack(), kubernetes());
			const undo = await configure(stack(), change);
			try {
				const answer = await stack().api("secrets/db-password/rotations", { method: "POST", body: {} });
				const problem = (await answer.json()) as object;
				expect([answer.status, answer.headers.get("content-type")]).toEqual([503, "application/problem+json"]);
				expect(problem).toMatchObject({ code: "configuration-invalid", detail: expect.stringMatching(says) });
				const event = { ...nearExpiry, id: crypto.randomUUID() };
				stack().topic.publish(event);
				await stack().topic.idle();
				const notes = (await auditLog(stack()))
					.map(({ data }) => data)
					.filter(({ code }) => code === "configuration-invalid");
				expect(notes.map(({ actor }) => actor.user.type)).toEqual(expect.arrayContaining(["operator", "event-grid"]));
				expect(notes.at(-1)?.message).toMatch(says);
			} finally {
				await undo();
			}
			expect(await standing(stack(), kubernetes())).toEqual(before);
		},
	);
});

describe("an audit log that cannot be written", () => {
	/** What Azure answers to an identity without the role; Azurite knows no roles. */
	const forbidden = {
		status: 403,
		headers: { "x-ms-error-code": "AuthorizationPermissionMismatch", "content-type": "application/xml" },
		body: "<?xml version='1.0'?><Error><Code>AuthorizationPermissionMismatch</Code><Message>Denied.</Message></Error>",
	};
	const isAppend = ({ method, path }: { method: string; path: string }) => method === "PUT" && path.includes("/audit/");
	const post = async () => {
		const answer = await stack().api("secrets/db-password/rotations", { method: "POST", body: { force: true } });
		return { status: answer.status, ...((await answer.json()) as object) };
	};

	test("without the right to append, nothing starts; the event comes again until it is there", async () => {
		const before = await standing(stack(), kubernetes());
		const previous = await rotationOf(stack(), "db-password");
		const event = { ...nearExpiry, id: crypto.randomUUID(), data: { ...nearExpiry.data, Version: "0".repeat(32) } };
		const allow = blobs.refuse(isAppend, forbidden);
		try {
			expect(await post()).toMatchObject({
				status: 503,
				code: "audit-forbidden",
				detail: expect.stringMatching(/may not append to the audit log https:.*\/audit/),
			});
			stack().topic.publish(event);
			await until(
				"the refused delivery",
				30,
				async () =>
					stack().topic.deliveries.some(({ eventIds, status }) => eventIds.includes(event.id) && status === 500) ||
					undefined,
			);
		} finally {
			allow();
		}
		expect(await nextRotation(stack(), previous)).toMatchObject({ outcome: "skipped", code: "superseded" });
		expect(await standing(stack(), kubernetes())).toEqual(before);
	});

	test("while its storage is down, nothing starts", async () => {
		const before = await standing(stack(), kubernetes());
		await stack().azurite.stop();
		try {
			expect(await post()).toMatchObject({ status: 503, code: "audit-unavailable" });
		} finally {
			await stack().azurite.restart();
		}
		expect(await standing(stack(), kubernetes())).toEqual(before);
	});

	test("a step whose intent cannot be recorded is not done", async () => {
		const undo = await configure(stack(), withoutConsumers);
		const before = await standing(stack(), kubernetes());
		const allow = blobs.refuse(recordOf("setSecret", "intent"), forbidden);
		const status = await rotated(stack(), { force: true }).finally(allow);
		await undo();
		expect(status).toMatchObject({ outcome: "refused", code: "audit-forbidden" });
		const { roleRow, versions } = await standing(stack(), kubernetes());
		expect([roleRow, versions["db-password"]]).toEqual([before.roleRow, before.versions["db-password"]]);
		expect(enabledPending(stack())).toBe(0);
	});
});

describe("a publication that is denied, which only the write finds", () => {
	const denied: Record<string, { secret: string; newVersions: number }> = {
		"the secret itself": { secret: "db-password", newVersions: 0 },
		// It was published by then: the old password is published again after it.
		"a derived secret": { secret: "db-connection-string", newVersions: 2 },
	};

	test.each(Object.entries(denied))(
		"%s: the old password is set again and logs in, and the next rotation works once the right is back",
		async (_, { secret, newVersions }) => {
			const undo = await configure(stack(), withoutConsumers);
			const { owner } = stack().vault;
			const { value: old } = live();
			const { length } = owner.versions("db-password");
			const derived = owner.get("db-connection-string")!.version;
			const giveBack = stack().withdraw("rotator", "setSecret/action", secret);
			const status = await rotated(stack(), { force: true }).finally(giveBack);
			expect(status.outcome).toBe("compensated");
			const says = new RegExp(`may not write secret ${secret} in vault main`);
			expect(status).toMatchObject({ code: "vault-forbidden", problem: { message: expect.stringMatching(says) } });
			expect(live().value === old).toBe(true);
			expect(await loginWith(stack(), old)).toBe("in");
			expect(owner.versions("db-password")).toHaveLength(length + newVersions);
			expect(owner.get("db-connection-string")!.version).toBe(derived);
			expect(enabledPending(stack())).toBe(0);
			expect(await auditOf(stack(), status.rotationId)).toContainEqual(
				expect.objectContaining({ step: "setSecret", phase: "outcome", code: "set-again" }),
			);

			const next = await rotated(stack(), { force: true });
			expect(next).toMatchObject({ outcome: "completed", code: "forced" });
			expect(await loginWithLive(stack())).toBe("in");
			expect(await loginWith(stack(), old)).toBe("28P01");
			await undo();
		},
		minutes,
	);
});

test(
	"a copy that stays old ends as published-not-delivered, and a delivery mends it without a new password",
	async () => {
		const undo = await configure(stack(), ({ secrets }) => {
			secrets["db-password"].consumers[0].copyTimeoutSeconds = 10;
		});
		// The driver's identity loses its right: its poller goes on, and renews nothing.
		const giveBack = stack().withdraw("csi", "getSecret/action", "db-password");
		const { generation } = await standing(stack(), kubernetes());
		const status = await rotated(stack(), { force: true }).finally(giveBack);
		expect(status.outcome).toBe("published-not-delivered");
		await expectExplained(status, {
			code: "copy-timeout",
			says: /copy of the secret for Deployment titanic-api\/titanic-api was still old after \d+ s/,
			step: "deliver",
		});
		const after = await standing(stack(), kubernetes());
		expect(after.generation).toBe(generation);
		expect(live().version).toBe(status.version);
		expect(await loginWithLive(stack())).toBe("in");

		const delivery = await rotated(stack(), { reason: "the driver's right is back" }, "deliveries");
		expect(delivery).toMatchObject({ outcome: "completed", code: "delivered", version: status.version });
		const proof = await prove(stack());
		expect(proof.pods).toEqual([1, 2].map(() => expect.objectContaining({ ready: true, version: status.version })));
		expect(proof).toMatchObject({ publishedLogsIn: true, derivedLogsIn: true, audit: { verified: true }, leaks: [] });
		const { versions, roleRow } = await standing(stack(), kubernetes());
		expect({ versions, roleRow }).toEqual({ versions: after.versions, roleRow: after.roleRow });
		await undo();
	},
	8 * minutes,
);
