// "Never seen": everything that happens to a secret happens here once, with every log at its most verbose level; then
// whatever anybody wrote is searched for every secret that there was. And the search is shown to find what is planted.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { allowances, isAllowed } from "../../local/leaks/allowed.ts";
import { placesOf } from "../../local/leaks/places.ts";
import { findLeaks } from "../../local/leaks/search.ts";
import { type Kind, secretsOf } from "../../local/leaks/secrets.ts";
import { rotationOf } from "../../local/rotation-watch.ts";
import { complianceOf } from "../../local/sweep-watch.ts";
import { until } from "../../local/until.ts";
import { type Front, startFront, writeOf } from "./support/front.ts";
import { plants } from "./support/plants.ts";
import {
	administrator,
	auditLog,
	configure,
	loginWithLive,
	nextRotation,
	requested,
	rotated,
	stackFor,
	withoutConsumers,
} from "./support/scene.ts";

const minutes = 60_000;
const parts = new AsyncDisposableStack();
let vault: Front;

const stack = stackFor({
	settings: {
		// What an operator in trouble switches on: everything the host and the SDKs can say.
		AZURE_LOG_LEVEL: "verbose",
		AzureFunctionsJobHost__logging__logLevel__default: "Trace",
		AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout: "00:00:02",
	},
});
const kubernetes = administrator(stack);

beforeAll(async () => {
	vault = parts.use(await startFront(stack().vault.url));
	await configure(stack(), (config) => {
		config.vaults.main.url = vault.url;
	});
});
afterAll(() => parts.disposeAsync());

/** A password that somebody put where none belongs: nobody writes it down. */
const misplaced = `Misplaced0-${crypto.randomUUID()}`;
const publish = writeOf("PUT", "db-password");
/** The middle of the critical section: the role has the new password, the vault has not. */
const published = () => vault.hold("before", publish);

test(
	"a rotation by event, at the most verbose level of every log",
	async () => {
		stack().vault.fireDueEvents();
		expect(await nextRotation(stack(), undefined)).toMatchObject({ outcome: "completed", code: "near-expiry" });
		const log = stack().hostLines.join("\n");
		for (const chatter of ["azure:keyvault-secrets:info", "azure:storage-blob:info", "azure:identity:info"]) {
			expect(log).toContain(chatter);
		}
	},
	6 * minutes,
);

test(
	"calls that are refused, with a password wherever a caller can put one but in a name",
	async () => {
		const { host, keys } = stack();
		const rotations = "secrets/db-password/rotations";
		const operator = (body: unknown, roles?: string[]) => stack().api(rotations, { method: "POST", body, roles });
		const bare = (path: string, headers: Record<string, string> = {}, body?: string) =>
			fetch(`${host?.url}${path}`, { method: "POST", headers, body });
		const bearer = `Bearer ${await stack().identity.operatorToken({ audience: "api://another", roles: [] })}`;
		const authorized = async (type: string, body: string) => {
			const token = await stack().identity.operatorToken({
				audience: "api://titanic-secret-rotator",
				roles: ["Rotation.Operate"],
				azp: crypto.randomUUID(),
			});
			return bare(`/api/${rotations}`, { authorization: `Bearer ${token}`, "content-type": type }, body);
		};
		const answers: [Response, number][] = [
			[await bare(`/api/${rotations}?password=${misplaced}`), 401],
			[await bare(`/api/${rotations}`, { authorization: `Bearer ${misplaced}` }), 401],
			[await bare(`/api/${rotations}`, { authorization: bearer }), 401],
			[await operator({ reason: misplaced }, ["Rotation.Read"]), 403],
			[await operator({ password: misplaced }), 400],
			[await operator({ [misplaced.replaceAll("-", "")]: true }), 400],
			[await operator({ force: misplaced }), 400],
			[await operator({ reason: `password=${misplaced}` }), 400],
			[await operator([misplaced]), 400],
			[await authorized("application/json", `{"reason": ${misplaced}`), 400],
			[await authorized(`text/${misplaced}`, misplaced), 415],
			[await authorized("application/json", misplaced.repeat(1_000)), 413],
			[await stack().api("secrets/no-such-secret/rotations", { method: "POST", body: { reason: misplaced } }), 404],
			[await stack().api(`rotations/db-password.${crypto.randomUUID()}?code=${misplaced}`), 400],
			[await bare(`/runtime/webhooks/eventgrid?functionName=events&code=${misplaced}`, {}, "[]"), 401],
			[await bare("/runtime/webhooks/durabletask/orchestrators/rotate", { "x-functions-key": misplaced }, "{}"), 401],
			[await bare(`/admin/functions/sweep?code=${keys.function}`, {}, "{}"), 403],
			[await bare(`/api/nothing?password=${misplaced}`), 404],
		];
		expect(answers.map(([{ status }]) => status)).toEqual(answers.map(([, expected]) => expected));
		// Not refused, for once: its answer has links with the key.
		const start = "/runtime/webhooks/durabletask/orchestrators/nobody";
		expect((await bare(start, { "x-functions-key": keys.durable }, "{}")).status).toBe(202);
		const events = `/runtime/webhooks/eventgrid?functionName=events&code=${keys.eventGrid}`;
		const notified = { "aeg-event-type": "Notification", "content-type": "application/json" };
		const event = { id: "1", type: misplaced, subject: misplaced, data: { VaultName: misplaced } };
		expect((await bare(events, notified, JSON.stringify([event]))).status).toBe(202);
		// What nobody refused is recorded, and every answer was kept.
		expect((await auditLog(stack())).map(({ data }) => data.code)).toEqual(
			expect.arrayContaining(["app-role-missing", "body-not-valid", "event-kind"]),
		);
		const kept = [...stack().answers("app"), ...stack().answers("host")].map((answer) => Number(answer.slice(0, 3)));
		expect(kept).toEqual(expect.arrayContaining([401, 403, 400, 415, 413, 404, 202]));
	},
	minutes,
);

test(
	"a cluster that fails while a rotation is delivered",
	async () => {
		const { cluster } = stack();
		if (!cluster.faults) process.stdout.write("A real control plane fails on nobody's demand: it goes on here.\n");
		cluster.faults?.inject({ method: "PATCH", path: /deployments\/titanic-api$/, status: 503, times: 3 });
		expect(await rotated(stack(), { force: true })).toMatchObject({ outcome: "completed" });
	},
	6 * minutes,
);

test(
	"a configuration with a password where none belongs",
	async () => {
		const undo = await configure(stack(), (config) => {
			config.secrets["db-password"].rotateEveryDays = misplaced;
			config.secrets["db-password"].vault = misplaced;
			config.servers["titanic-db"].host = `postgresql://x:${misplaced}@y`;
			config.servers["titanic-db"][misplaced] = 1;
		});
		const answer = await stack().api("secrets/db-password/rotations", { method: "POST", body: {} });
		expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, "configuration-invalid"]);
		await undo();
	},
	minutes,
);

test(
	"a vault that refuses the new version and repeats a password in its error: the old one is set again",
	async () => {
		await configure(stack(), withoutConsumers);
		const error = { code: "Forbidden", message: misplaced, innererror: { code: misplaced, password: misplaced } };
		// Not in a header: at this level the SDK prints an answer's headers as they are, and no Azure service has a secret there.
		const headers = { "content-type": "application/json" };
		const undo = vault.refuse(publish, { status: 403, headers, body: JSON.stringify({ error }) });
		expect(await rotated(stack(), { force: true })).toMatchObject({ outcome: "compensated" });
		undo();
		expect(await loginWithLive(stack())).toBe("in");
	},
	minutes,
);

test(
	"a database that is restarted in the middle of the critical section",
	async () => {
		const hold = published();
		const previous = await rotationOf(stack(), "db-password");
		await requested(stack(), { force: true });
		await hold.reached;
		await stack().postgres.restart();
		await hold.release();
		expect(await nextRotation(stack(), previous)).toMatchObject({ outcome: "completed" });
		expect(await loginWithLive(stack())).toBe("in");
	},
	6 * minutes,
);

test(
	"a host that crashes in the middle of the critical section, and leaves a report",
	async () => {
		const { host, folders } = stack();
		const hold = published();
		const previous = await rotationOf(stack(), "db-password");
		await requested(stack(), { force: true });
		await hold.reached;
		if (process.platform === "win32") process.stdout.write("Windows has no signal that asks for a report.\n");
		else {
			process.kill(host!.pid, "SIGUSR2");
			const report = await until("the report", 90, async () => {
				const [file] = await readdir(folders.reports);
				return file && JSON.parse(await readFile(join(folders.reports, file), "utf8"));
			});
			expect(report.header.processId).toBe(host!.pid);
		}
		await host?.kill();
		await hold.release();
		await host?.restart();
		expect(await nextRotation(stack(), previous)).toMatchObject({ outcome: "completed" });
	},
	6 * minutes,
);

test(
	"a sweep, and a delivery without a new password",
	async () => {
		const { host, keys } = stack();
		const sweep = { method: "POST", headers: { "x-functions-key": keys.master }, body: "{}" };
		expect((await fetch(`${host?.url}/admin/functions/sweep`, sweep)).status).toBe(202);
		await until("the sweep's report", 120, () => complianceOf(stack()));
		expect(await rotated(stack(), {}, "deliveries")).toMatchObject({ outcome: "completed" });
	},
	minutes,
);

test(
	"after all that, no secret is anywhere but where the table says that it belongs, and there each one is",
	async () => {
		const secrets = await secretsOf(stack());
		const count = (kind: Kind) => secrets.filter((secret) => secret.kind === kind).length;
		// Five rotations; the one that was undone has left a password too.
		expect(count("password")).toBeGreaterThanOrEqual(6);
		expect(count("verifier")).toBeGreaterThanOrEqual(6);
		expect(count("token of an operator")).toBeGreaterThan(20);
		const places = await placesOf(stack());
		for (const place of places) if ("hidden" in place) process.stdout.write(`${place.name}: ${place.hidden}.\n`);
		const everything = [...secrets, { kind: "misplaced password", value: misplaced }];
		const misplacedWord = { kind: "misplaced password", value: misplaced.replaceAll("-", "") };
		const found = await findLeaks([...everything, misplacedWord], places);
		expect(found.filter(({ kind, place }) => !isAllowed(kind, place))).toEqual([]);

		const pairs = new Set(found.map(({ kind, place }) => `${kind} in ${place}`));
		const hidden = places.flatMap((place) => ("hidden" in place ? [place.name] : []));
		const usual = allowances.flatMap(({ kinds, places: allowed }) =>
			allowed
				.filter((place) => !hidden.includes(place) && !(place === "crash reports" && process.platform === "win32"))
				.flatMap((place) => kinds.map((kind) => `${kind} in ${place}`)),
		);
		expect(usual.filter((pair) => !pairs.has(pair))).toEqual([]);
	},
	minutes,
);

test(
	"the search finds every kind of secret that is planted, in every place; the table excuses nothing else",
	async () => {
		const kinds = [...new Set((await secretsOf(stack())).map(({ kind }) => kind))];
		const planted = kinds.map((kind, index) => ({ kind, value: `planted-${index}-${crypto.randomUUID()}` }));
		const words = planted.map(({ value }) => value);
		let seen = stack();
		const undo: (() => unknown)[] = [];
		try {
			for (const plant of Object.values(plants(kubernetes))) {
				const done = await plant(seen, words);
				seen = { ...seen, ...done.seen };
				if (done.undo) undo.push(done.undo);
			}
			const places = await placesOf(seen);
			const found = await findLeaks(planted, places);
			const pairs = new Set(found.map(({ kind, place }) => `${kind} in ${place}`));
			const searched = places.filter((place) => !("hidden" in place));
			const all = searched.flatMap(({ name }) => kinds.map((kind) => `${kind} in ${name}`));
			expect(all.filter((pair) => !pairs.has(pair))).toEqual([]);
			const excused = allowances.flatMap(({ kinds: some, places: where }) =>
				where.flatMap((place) => some.map((kind) => `${kind} in ${place}`)),
			);
			const leaks = new Set(
				found.filter(({ kind, place }) => !isAllowed(kind, place)).map(({ kind, place }) => `${kind} in ${place}`),
			);
			expect([...leaks].sort()).toEqual(all.filter((pair) => !excused.includes(pair)).sort());
		} finally {
			for (const each of undo) await each();
		}
	},
	minutes,
);
