// No error of anybody else's gets out: errors as the real SDKs throw them, and errors with a secret wherever an error can
// hold one, through every way out of the service.

import { Console } from "node:console";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { HttpRequest } from "@azure/functions";
import { describe, expect, test } from "@jest/globals";
import { searchFor } from "../../local/leaks/search.ts";
import { blobAuditLog } from "../../src/lib/adapters/blob/audit-log.ts";
import { blobRecordStore } from "../../src/lib/adapters/blob/record-store.ts";
import { durableRotations } from "../../src/lib/adapters/durable/rotations.ts";
import { azureCredential, tokenFor } from "../../src/lib/adapters/identity/credential.ts";
import { asFault as asVaultFault } from "../../src/lib/adapters/key-vault/faults.ts";
import { keyVaultStore } from "../../src/lib/adapters/key-vault/store.ts";
import { kubernetesClient } from "../../src/lib/adapters/kubernetes/client.ts";
import { asFault as asClusterFault } from "../../src/lib/adapters/kubernetes/faults.ts";
import type { Entry } from "../../src/lib/domain/audit-entry.ts";
import { Fault } from "../../src/lib/domain/fault.ts";
import type { Notice } from "../../src/lib/domain/notice.ts";
import { Password } from "../../src/lib/domain/password.ts";
import { answering } from "../../src/lib/http/answer.ts";
import { operatorsOf } from "../../src/lib/http/authentication.ts";
import { workloads as workloadsOf } from "../../src/lib/kinds/workloads.ts";
import type { Intent } from "../../src/lib/ports/audit-log.ts";
import { atBoundary, audited, redacting } from "../../src/lib/steps/boundary.ts";
import { postgresDatabase } from "../../src/lib/targets/postgres/database.ts";
import { asFault as asDatabaseFault } from "../../src/lib/targets/postgres/sql-states.ts";
import { onEvent } from "../../src/lib/triggers/on-event.ts";
import { attempts, byHand, type Hostile, hostileHttp, hostilePostgres, localAttempts } from "../support/hostile.ts";
import { sweep } from "../support/sweep.ts";
import { world } from "../unit/triggers/world.ts";

const planted = "Planted-secret-0123456789";
const intent = {} as Intent;
const ids = { rotationId: "db-password.a", secret: "db-password", actor: { kind: "timer" } } as const;
const told: Notice[] = [];
const run = { attempt: "invocation-1", tell: (notice: Notice) => void told.push(notice) };

/** All that anybody could print, store or send of it. */
async function everything(thing: unknown): Promise<string> {
	const printed: string[] = [];
	const stream = new Writable({ write: (chunk, _, done) => done(void printed.push(`${chunk}`)) });
	const console = new Console(stream, stream);
	console.log(thing);
	console.error("%s %o %O %j", thing, thing, thing, thing);
	const shown = inspect(thing, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true, showProxy: true });
	const parts = thing instanceof Error ? [thing.name, thing.message, thing.stack, inspect(thing.cause)] : [];
	const described = inspect(Object.getOwnPropertyDescriptors(Object(thing)), { depth: 20, showHidden: true });
	return [...printed, shown, described, ...parts, JSON.stringify(thing), `${thing}`].join("\n");
}

const search = searchFor([{ kind: "planted", value: planted }]);
const holds = async (thing: unknown): Promise<boolean> => {
	const text = typeof thing === "string" ? thing : await everything(thing);
	return search(Buffer.from(text)).length > 0;
};

const thrownBy = (work: () => Promise<unknown>): Promise<unknown> =>
	work().then(
		() => {
			throw new Error("It did not fail.");
		},
		(error) => error,
	);

const where = { server: "titanic-db", role: "titanic_admin", database: "titanic" };
const fails = (error: unknown) => async (): Promise<never> => {
	throw error;
};

/** Each way out: what is seen of an error that is thrown within. */
const waysOut: Record<string, (error: unknown) => Promise<unknown[]>> = {
	"an activity": async (error) => {
		const activity = atBoundary("switch", fails(error));
		// Whatever it is: returned, it is stored by the durable host; thrown, message and stack are.
		return [await activity(world().ports, {}, run).catch((thrown) => thrown), told.splice(0)];
	},
	"an audited act": async (error) => {
		const { ports, audit } = world();
		const activity = atBoundary("switch", () => audited(ports, run, ids, ["setSecret"], {}, fails(error)));
		return [await activity(ports, {}, run).catch((thrown) => thrown), audit.lines, audit.records, told.splice(0)];
	},
	"an HTTP call": async (error) => {
		const lines: string[] = [];
		const call = { log: (line: string) => void lines.push(line), attempt: "1" };
		return [await answering(call, fails(error)), lines];
	},
	"an event, when nothing can be asked": async (error) => {
		const { call, ports, audit, lines, notices } = world();
		for (const broken of [{ configuration: fails(error) }, { audit: fails(error) }]) {
			const failing = { ...call, ports: { ...ports, ...broken } };
			lines.push(
				await everything(await redacting("events", run.tell, () => onEvent({}, failing)).catch((thrown) => thrown)),
			);
		}
		return [lines, audit.lines, told.splice(0), notices];
	},
	"an event, when nothing can be started": async (error) => {
		const { call, audit, lines, notices } = world();
		const rotations = durableRotations({
			startNew: fails(error),
			getStatus: fails(error),
			getStatusBy: fails(error),
			raiseEvent: fails(error),
			purgeInstanceHistory: fails(error),
		});
		const data = {
			ObjectType: "Secret",
			VaultName: "titanic-kv-prod",
			ObjectName: "db-password",
			Version: "0".repeat(32),
		};
		const event = { id: "1", type: "Microsoft.KeyVault.SecretNearExpiry", data };
		const thrown = await thrownBy(() => redacting("events", call.tell, () => onEvent(event, { ...call, rotations })));
		return [thrown, lines, audit.lines, notices];
	},
	"a sweep": async (error) => {
		const { call, ports, vaults, audit, records, lines, notices } = world();
		const seen: unknown[] = [];
		const store = { ...vaults.main.store, latest: fails(error) };
		const running = { ...call.rotations, running: fails(error), start: fails(error) };
		for (const broken of [
			{ ports: { ...ports, configuration: fails(error) } },
			{ ports: { ...ports, store: fails(error) } },
			{ ports: { ...ports, store: async () => store } },
			{ ports: { ...ports, records: fails(error) } },
			{ ports: { ...ports, audit: fails(error) } },
			{ rotations: running },
		]) {
			vaults.main.seed("db-password", "old", { expires: new Date(0) });
			seen.push(await redacting("sweep", call.tell, () => sweep({ ...call, ...broken })).catch((thrown) => thrown));
		}
		return [...seen, audit.lines, await records.lastReport(), lines, notices];
	},
	"the vault's adapter": async (error) => [
		asVaultFault(error, { vault: "main", secret: "db-password", right: "read" }),
	],
	"the database's adapter": async (error) => [
		asDatabaseFault(error, where),
		asDatabaseFault(error, where, { closed: false, tlsAnswer: "S" }),
	],
	"the cluster's adapter": async (error) => {
		const target = { verb: "get", resource: "deployments", namespace: "titanic-api", name: "titanic-api" } as const;
		const fault = asClusterFault(error, "titanic-aks", target);
		// What is a defect of ours goes on to the activity's boundary.
		return fault instanceof Fault ? [fault] : waysOut["an activity"]!(fault);
	},
	"a fault that keeps it": async (error) => {
		const fault = new Fault(
			"database-unknown",
			{ server: "titanic-db", role: "app", statement: "ALTER ROLE app", sqlState: "42601" },
			error,
		);
		return [
			fault,
			{ nested: [fault] },
			new AggregateError([fault]),
			new Error("x", { cause: fault }),
			structuredClone(fault),
		];
	},
};

describe.each(Object.entries(waysOut))("out of %s", (_, wayOut) => {
	test.each(Object.entries(byHand(planted)))("nothing comes of what an error has %s", async (_, error) => {
		for (const seen of await wayOut(error)) expect(await everything(seen)).not.toContain(planted);
	});
});

/** With the servers that make them: each SDK's error about each kind of answer. */
const answers: [status: number, body: string][] = [
	[403, "vault"],
	[404, "vault"],
	[400, "vault"],
	[403, "storage"],
	[409, "storage"],
	[403, "cluster"],
	[422, "cluster"],
	[400, "identity"],
	[401, "identity"],
	[403, "page"],
	[200, "page"],
	[200, "broken JSON"],
	[500, "nothing"],
	[302, "nothing"],
	[0, "vault"],
];

async function through(hostile: Hostile, work: (hostile: Hostile) => Promise<void>): Promise<void> {
	await using _ = hostile;
	const before = { ...process.env };
	// MSAL keeps the first endpoint of a process: then its errors are about a server that is gone.
	Object.assign(process.env, { IDENTITY_ENDPOINT: `${hostile.url}/msi/token`, IDENTITY_HEADER: planted });
	try {
		await work(hostile);
	} finally {
		process.env = before;
	}
}

test.each(answers)("nothing comes of a real SDK's error about %i with %s", async (status, body) => {
	await through(await hostileHttp(planted, status, body), async (hostile) => {
		let held = 0;
		for (const [sdk, attempt] of Object.entries(attempts(planted, hostile))) {
			const error = await attempt().then(
				() => undefined,
				(thrown: unknown) => thrown,
			);
			if (error === undefined) continue;
			if (await holds(error)) held++;
			for (const [way, wayOut] of Object.entries(waysOut)) {
				for (const seen of await wayOut(error))
					expect({ sdk, way, holds: await holds(seen) }).toEqual({ sdk, way, holds: false });
			}
		}
		// Otherwise these servers prove nothing.
		expect(held).toBeGreaterThan(0);
	});
});

test.each(Object.entries(localAttempts(planted)))("nothing comes of an error of %s", async (_, attempt) => {
	const error = await thrownBy(attempt);
	for (const wayOut of Object.values(waysOut)) {
		for (const seen of await wayOut(error)) expect(await holds(seen)).toBe(false);
	}
});

/** Each adapter of the product, whose every call fails. */
const adapters = (hostile: Hostile): Record<string, () => Promise<unknown>> => {
	const token = async () => ({ token: planted, expiresOnTimestamp: Date.now() + 3_600_000 });
	const credential = { getToken: token };
	const store = keyVaultStore({ name: "main", url: hostile.url, credential });
	// An address may bring its own permission, in a query.
	const containerUrl = `${hostile.url}/account/audit?sig=${planted}`;
	const clock = { now: () => new Date() };
	const log = blobAuditLog({ containerUrl, credential, clock });
	const records = blobRecordStore({ containerUrl, credential });
	const client = kubernetesClient({ name: "titanic-aks", server: hostile.url, token: async () => planted });
	const workloads = workloadsOf(client);
	const workload = {
		cluster: "titanic-aks",
		namespace: "titanic-api",
		kind: "Deployment",
		name: "titanic-api",
	} as const;
	const entry: Entry = {
		rotationId: ids.rotationId,
		step: "plan",
		phase: "intent",
		attempt: "1",
		secretName: "db-password",
		actor: ids.actor,
	};
	const operators = operatorsOf({
		OPERATORS_ISSUER: "https://issuer.example",
		OPERATORS_AUDIENCE: "api://rotator",
		OPERATORS_JWKS_URL: `${hostile.url}/keys`,
	});
	const bearer = new HttpRequest({
		method: "GET",
		url: "http://127.0.0.1/",
		headers: {
			authorization: `Bearer ${["{}", planted, planted].map((part) => Buffer.from(part).toString("base64url")).join(".")}`,
		},
	});
	return {
		"vault, latest": () => store.latest("db-password"),
		"vault, version": () => store.version("db-password", "0".repeat(32)),
		"vault, write": () => store.write(intent, "db-password", { value: new Password(planted), tags: {} }),
		"vault, recover": () => store.recover(intent, "db-password"),
		"vault, disable": () => store.disable(intent, "db-password", "0".repeat(32)),
		"vault, list": () => Array.fromAsync(store.list()),
		"audit log": () => log.append(entry),
		"record store": () => records.lastReport(),
		workloads: () => workloads.refusal(workload),
		credential: () => tokenFor(azureCredential({}, process.env), "https://vault.azure.net/.default")(),
		operators: () => operators(bearer),
	};
};

test.each(answers)("every adapter makes a fault of ours of %i with %s", async (status, body) => {
	await through(await hostileHttp(planted, status, body), async (hostile) => {
		const seen: unknown[] = [];
		for (const [adapter, attempt] of Object.entries(adapters(hostile))) {
			const error = await attempt().then(
				() => undefined,
				(thrown: unknown) => thrown,
			);
			// An answer of 200 may be taken for what was asked for.
			if (error === undefined) continue;
			seen.push(error);
			expect({ adapter, isFault: error instanceof Fault, holds: await holds(error) }).toEqual({
				adapter,
				isFault: true,
				holds: false,
			});
		}
		expect(seen.length).toBeGreaterThan(4);
	});
});

test.each(["28P01", "28000", "42501", "42601", "XX000", "57P03"])(
	"the database's adapter makes a fault of ours of SQLSTATE %s with a text in every field",
	async (sqlState) => {
		await using hostile = await hostilePostgres(planted, sqlState);
		const server = { host: hostile.host, port: hostile.port, database: "titanic", tls: {} };
		const database = postgresDatabase({ name: "titanic-db", server });
		const error = await thrownBy(() => database.open({ role: "titanic_admin", password: new Password(planted) }));
		expect(error).toBeInstanceOf(Fault);
		expect(await holds((error as Fault).foreign())).toBe(true);
		expect(await holds(error)).toBe(false);
		for (const wayOut of Object.values(waysOut)) {
			for (const seen of await wayOut((error as Fault).foreign())) expect(await holds(seen)).toBe(false);
		}
	},
);
