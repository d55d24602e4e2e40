// The world of the triggers in memory: a vault, an audit log, records, and a durable client that refuses as the extension's does.

import { setImmediate as sent } from "node:timers/promises";
import { type Client, durableRotations } from "../../../src/lib/adapters/durable/rotations.ts";
import type { Ports } from "../../../src/lib/app.ts";
import { Configuration } from "../../../src/lib/config/configuration.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { instanceIdOf } from "../../../src/lib/domain/ids.ts";
import type { Notice } from "../../../src/lib/domain/notice.ts";
import type { RotationRequest } from "../../../src/lib/domain/requests/index.ts";
import { fakeDatabase } from "../../support/fake-database.ts";
import { fakeVault } from "../../support/fake-vault.ts";
import { memoryAudit } from "../../support/memory-audit.ts";
import { memoryHeads } from "../../support/memory-heads.ts";
import { memoryRecords } from "../../support/memory-records.ts";

const today = new Date("2026-06-01T06:00:00.000Z");
export const inDays = (days: number) => new Date(today.getTime() + days * 86_400_000);

const secret = { server: "pg", login: { mode: "self" } };
export const configuration = {
	vaults: {
		main: { url: "https://titanic-kv-prod.vault.azure.net" },
		side: { url: "https://127.0.0.1:8200", name: "titanic-kv-side" },
	},
	servers: { pg: { host: "pg.example.org" } },
	secrets: {
		"db-password": {
			...secret,
			vault: "main",
			role: "titanic_admin",
			derived: [{ secret: "db-connection-string", template: "{password}" }],
		},
		"side-password": { ...secret, vault: "side", role: "side" },
	},
};

interface Instance {
	instanceId: string;
	runtimeStatus: string;
	lastUpdatedTime: string;
	orchestrator: string;
	input: RotationRequest;
	customStatus: unknown;
}

/**
 * The client's errors are the package's own texts. A start reads, sends, then writes unless another one has written meanwhile,
 * and tells nobody about that, as the extension does on Azure Storage.
 */
export function fakeClient(refusalStatus = 409) {
	const instances = new Map<string, Instance>();
	const asked: string[] = [];
	const raised: string[] = [];
	let isCut = false;
	let losesAnswer = false;
	let refused = Promise.withResolvers<void>();
	let afterRefusal = () => {};
	let afterStart = () => {};
	let beforePurge = (_id: string) => {};
	const reach = () => {
		if (isCut) throw new Error("connect ECONNREFUSED 127.0.0.1:17071");
	};
	const client = {
		async startNew(orchestrator: string, { instanceId, input }: { instanceId: string; input: unknown }) {
			reach();
			const before = instances.get(instanceId);
			if (["Pending", "Running", "Suspended"].includes(before?.runtimeStatus ?? "")) {
				refused.resolve();
				refused = Promise.withResolvers();
				afterRefusal();
				throw new Error(
					`The operation failed with an unexpected status code: ${refusalStatus}. Details: {"Message":"..."}`,
				);
			}
			await sent();
			if (instances.get(instanceId) === before) {
				// As over the wire.
				const copy = JSON.parse(JSON.stringify(input)) as RotationRequest;
				const at = { instanceId, lastUpdatedTime: today.toISOString() };
				instances.set(instanceId, { ...at, runtimeStatus: "Pending", orchestrator, input: copy, customStatus: null });
			}
			afterStart();
			if (losesAnswer) throw new Error("socket hang up");
			return instanceId;
		},
		async getStatus(instanceId: string, { showInput = false } = {}) {
			reach();
			asked.push(instanceId);
			const instance = instances.get(instanceId);
			if (!instance) {
				throw new Error(
					`DurableClient error: Durable Functions extension replied with HTTP 404 response. ...${instanceId}.`,
				);
			}
			return { ...instance, input: showInput ? instance.input : null };
		},
		async getStatusBy({ runtimeStatus }: { runtimeStatus: string[] }) {
			reach();
			return structuredClone([...instances.values()].filter((one) => runtimeStatus.includes(one.runtimeStatus)));
		},
		async raiseEvent(instanceId: string, name: string) {
			reach();
			raised.push(`${name} to ${instanceId}`);
		},
		async purgeInstanceHistory(instanceId: string) {
			reach();
			beforePurge(instanceId);
			const instance = instances.get(instanceId);
			if (instance && ["Pending", "Running", "Suspended"].includes(instance.runtimeStatus)) {
				throw new Error('The operation failed with an unexpected status code: 412. Details: ""');
			}
			return { instancesDeleted: instances.delete(instanceId) ? 1 : 0 };
		},
	};
	return {
		client: client as unknown as Client,
		/** Events, in their order: `<name> to <instance>`. */
		raised,
		/** What was started, by secret. */
		started: () => [...instances.values()].map(({ orchestrator, input }) => ({ orchestrator, ...input })),
		instance: (name: string) => instances.get(instanceIdOf(name)),
		/** What its status was asked of. */
		asked: () => asked,
		/** An instance that an earlier version started under an id of its own. */
		former(input: RotationRequest, state: Pick<Instance, "runtimeStatus" | "customStatus">) {
			const instanceId = `rotate-${input.secret}`;
			instances.set(instanceId, {
				...{ instanceId, lastUpdatedTime: today.toISOString(), orchestrator: input.kind, input },
				...state,
			});
		},
		/** A delivery's instance, and what it reports. */
		deliver(id: string, customStatus: object, input = {} as { rotationId: string }) {
			const at = { instanceId: id, lastUpdatedTime: today.toISOString() };
			instances.set(id, {
				...at,
				runtimeStatus: "Running",
				orchestrator: "deliverConsumer",
				input: input as RotationRequest,
				customStatus,
			});
		},
		ids: () => [...instances.keys()],
		/** How an instance stands now, and since when. */
		becomes(id: string, runtimeStatus: string, lastUpdatedTime = today) {
			Object.assign(instances.get(id)!, { runtimeStatus, lastUpdatedTime: lastUpdatedTime.toISOString() });
		},
		/** What happens between the list and the purge. */
		onPurge(then: (id: string) => void) {
			beforePurge = then;
		},
		cut() {
			isCut = true;
		},
		/** Resolves when the next start has been refused. */
		refused: () => refused.promise,
		/** What happens between a start that is accepted and the next look. */
		onStart(then: () => void) {
			afterStart = then;
		},
		forget: (name: string) => void instances.delete(instanceIdOf(name)),
		put: (name: string, instance: Instance) => void instances.set(instanceIdOf(name), instance),
		/** What happens between a refusal and the next look. */
		onRefusal(then: () => void) {
			afterRefusal = then;
		},
		loseAnswers() {
			losesAnswer = true;
		},
	};
}

/** @param config what the app is configured with */
export function world(config: object = configuration) {
	const clock = { now: () => today };
	const vaults = {
		main: fakeVault({ name: "main", now: () => today }),
		side: fakeVault({ name: "side", now: () => today }),
	};
	const database = fakeDatabase({ name: "pg" });
	database.createRole("titanic_admin", { password: "iceberg" });
	database.createRole("side", { password: "lifeboat" });
	const audit = memoryAudit({ clock });
	const records = memoryRecords({ now: clock.now });
	const heads = memoryHeads();
	const durable = fakeClient();
	const lines: string[] = [];
	const notices: Notice[] = [];
	let broken = false;
	let passedOver: Fault | undefined;
	const configured = structuredClone(config) as typeof configuration;
	const unused = () => {
		throw new Error("A trigger asked for what only activities need.");
	};
	const ports: Ports = {
		clock,
		configuration: async () => {
			if (broken)
				throw new Fault("configuration-invalid", { file: "rotation.config.yaml", problems: "secrets: is 3." });
			const loaded = { config: Configuration.parse(configured), text: "secrets: {}\n", hash: "c0ffee", folder: "." };
			return { ...loaded, ...(passedOver && { passedOver: { since: "2026-11-20T00:00:00.000Z", fault: passedOver } }) };
		},
		audit: async () => audit,
		heads: async () => heads.heads,
		records: async () => records,
		store: async (vault) => vaults[vault as keyof typeof vaults].store,
		database: async () => database.database,
		repository: unused,
		encryptionKeys: unused,
		backups: unused,
		identity: async () => ({}),
		workloads: unused,
		channel: unused,
		deliveryPath: unused,
	};
	const call = {
		ports,
		rotations: durableRotations(durable.client),
		attempt: "invocation-1",
		log: (line: string) => void lines.push(line),
		warn: (line: string) => void lines.push(`warning: ${line}`),
		tell: (notice: Notice) => void notices.push(notice),
	};
	return {
		call,
		ports,
		vaults,
		database,
		audit,
		heads,
		records,
		durable,
		/** The app's log. */
		lines,
		/** What alerts would see. */
		notices,
		/** Changes the entry of db-password. */
		configure(changes: object) {
			Object.assign(configured.secrets["db-password"], changes);
		},
		/** A newer one is broken, and the last good one is in force. */
		passOver() {
			passedOver = new Fault("configuration-invalid", { file: "rotation.config.yaml", problems: "secrets: is 3." });
		},
		breakConfiguration() {
			broken = true;
		},
		/** The audit log in short: step, phase, code, secret and who. */
		audited: () =>
			audit.records.map(({ data }) => {
				const { step, phase, code, secretName } = data;
				return `${step} ${phase} ${code} ${secretName}`;
			}),
	};
}
