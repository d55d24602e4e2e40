import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Password } from "../../src/lib/domain/password.ts";
import type { PodFact } from "../../src/lib/domain/workload.ts";
import type { SeenSession } from "../../src/lib/ports/delivery-path.ts";
import { eventually } from "../integration/agents/eventually.ts";
import { clusters, type Stage } from "./support/clusters.ts";
import {
	clientId,
	created,
	type IdentityScene,
	podName,
	serviceAccount,
	setIdentityScene,
	useLabel,
} from "./support/identity-scene.ts";
import { published, version } from "./support/published.ts";
import { vaultName } from "./support/scene.ts";
import { base64Of } from "./support/secret-scene.ts";

const old = "old-password";
const live = [
	{ vaultName, secret: "db-password", live: new Password(old) },
	{ vaultName, secret: "db-connection-string", live: new Password(`postgresql://titanic:${old}@db/titanic`) },
];
const start = "2026-07-01T12:00:10.000Z";
const windows = [{ since: "2026-07-01T12:00:05.000Z" }];
const pod = (name: string, startedAt = start): PodFact => ({ name, uid: `uid-${name}`, ready: true, startedAt });

describe.each(clusters)("Delivery by workload-identity on $title", ({ open }) => {
	let stage: Stage;
	beforeAll(async () => {
		stage = await open();
	}, 90_000);
	afterAll(async () => stage?.[Symbol.asyncDispose]());

	const refusal = ({ path, consumer }: IdentityScene, delivery = {}) =>
		path.refusal({ ...consumer, delivery: { ...consumer.delivery, ...delivery } }, live);
	const settled = (scene: IdentityScene) => eventually(async () => expect(await refusal(scene)).toBeUndefined());
	const container = (scene: IdentityScene, more: object) => ({
		spec: { containers: [{ name: scene.container.name, image: scene.container.image, ...more }] },
	});

	test("pods with an identity of their own are not refused, and the plan changes nothing", async () => {
		const scene = await setIdentityScene(stage);
		const before = (await scene.read()).metadata.resourceVersion;
		await settled(scene);
		expect(await refusal(scene, { applicationName: "pod" })).toBeUndefined();
		expect((await scene.read()).metadata.resourceVersion).toBe(before);
	});

	test("a template without the label, or whose annotation leaves out every container, is refused", async () => {
		const scene = await setIdentityScene(stage);
		await settled(scene);
		await scene.changeTemplate({ metadata: { annotations: { "azure.workload.identity/skip-containers": "other" } } });
		expect(await refusal(scene)).toBeUndefined();
		const skips = { "azure.workload.identity/skip-containers": `other; ${scene.container.name}` };
		await scene.changeTemplate({ metadata: { annotations: skips } });
		expect(await refusal(scene)).toMatchObject({ code: "identity-unset" });
		await scene.changeTemplate({ metadata: { annotations: null } });
		for (const wrong of ["false", "True", null]) {
			await scene.changeTemplate({ metadata: { labels: { [useLabel]: wrong } } });
			const refused = await refusal(scene);
			expect(refused).toMatchObject({ code: "identity-unset", names: { detail: expect.stringContaining(useLabel) } });
		}
	});

	test("a ServiceAccount that is not there, that names no identity or that nobody chose is refused by name", async () => {
		const scene = await setIdentityScene(stage);
		await settled(scene);
		const { namespace } = scene.consumer;
		await scene.person.merge(scene.serviceAccountPath, { metadata: { annotations: { [clientId]: null } } });
		expect(await refusal(scene)).toMatchObject({
			code: "identity-unset",
			names: { detail: expect.stringContaining(`${namespace}/${serviceAccount}`) },
		});
		await scene.person.remove(scene.serviceAccountPath);
		expect(await refusal(scene)).toMatchObject({
			code: "service-account-missing",
			names: { serviceAccount: `${namespace}/${serviceAccount}` },
		});
		await scene.grant("rotator-looks-at-all", [{ apiGroups: [""], resources: ["serviceaccounts"], verbs: ["get"] }]);
		await scene.changeTemplate({ spec: { serviceAccountName: null, serviceAccount: null } });
		await eventually(async () =>
			expect((await refusal(scene))?.sentence).toContain(`ServiceAccount ${namespace}/default`),
		);
	});

	test("without the right to look at the ServiceAccount, that right is named before anything is changed", async () => {
		const scene = await setIdentityScene(stage, { granted: false });
		await expect(refusal(scene)).rejects.toMatchObject({
			code: "cluster-forbidden",
			names: { right: expect.stringContaining("serviceaccounts") },
		});
	});

	test("a variable or an argument that names the secret with its version is refused by its place, whose text is not told", async () => {
		const scene = await setIdentityScene(stage);
		await settled(scene);
		const pinned = `https://${vaultName}.vault.azure.net/secrets/DB-Password/${version}`;
		await scene.changeTemplate(container(scene, { env: [{ name: "SECRET_URL", value: pinned }] }));
		const refused = await refusal(scene);
		expect(refused).toMatchObject({
			code: "version-pinned",
			names: { secret: "db-password", place: "variable SECRET_URL of container titanic-api" },
		});
		expect(refused?.message).not.toContain(version);
		await scene.changeTemplate(container(scene, { args: [`--secret=db-connection-string/${version}`] }));
		expect(await refusal(scene)).toMatchObject({ code: "version-pinned", names: { secret: "db-connection-string" } });
		for (const free of [pinned.replace(`/${version}`, ""), pinned.replace("DB-Password", "other-db-password")]) {
			await scene.changeTemplate(container(scene, { env: [{ name: "SECRET_URL", value: free }] }));
			expect(await refusal(scene)).toBeUndefined();
		}
	});

	test("the live value in a Secret or in the template is refused: nobody renews that", async () => {
		const scene = await setIdentityScene(stage);
		await scene.make({ "db-password": old });
		await settled(scene);
		await scene.changeTemplate(container(scene, { envFrom: [{ secretRef: { name: "titanic-api-secrets" } }] }));
		expect(await refusal(scene)).toMatchObject({ code: "source-elsewhere" });
		await scene.person.merge(scene.secretPath, { data: base64Of({ "db-password": "another" }) });
		expect(await refusal(scene)).toBeUndefined();
		await scene.changeTemplate(container(scene, { env: [{ name: "PW", value: old }] }));
		const refused = await refusal(scene);
		expect(refused).toMatchObject({ code: "source-elsewhere" });
		expect(refused?.message).not.toContain(old);
	});

	test("sessions that are to have the pod's name need a container that is told it", async () => {
		const scene = await setIdentityScene(stage);
		await settled(scene);
		await scene.changeTemplate(container(scene, { env: [{ name: "PGAPPNAME", value: "titanic-api" }] }));
		expect(await refusal(scene)).toBeUndefined();
		expect(await refusal(scene, { applicationName: "pod" })).toMatchObject({ code: "session-unnamed" });
		await scene.changeTemplate(container(scene, { env: [podName] }));
		expect(await refusal(scene, { applicationName: "pod" })).toBeUndefined();
	});

	test("the vault is the copy: new while its newest versions are the published ones, and since these were made", async () => {
		const scene = await setIdentityScene(stage);
		const copy = () => scene.path.copy(scene.consumer, published);
		expect(await copy()).toEqual({
			state: "stale",
			waitingFor: "secret db-password of vault main, whose newest version is absent",
		});
		scene.publish(published);
		expect(await copy()).toEqual({ state: "current", unchangedSince: "2026-07-01T11:59:55.000Z" });
		expect(Date.parse("2026-07-01T11:59:55.000Z")).toBeGreaterThan(created.getTime());
		// one of the derived secrets, changed by hand
		scene.publish([{ ...published[1]!, version: "f".repeat(32) }]);
		expect(await copy()).toEqual({
			state: "stale",
			waitingFor: `secret db-connection-string of vault main, whose newest version is ${"f".repeat(32)}, not ${version}`,
		});
		scene.newest.set("db-connection-string", { state: "disabled" });
		expect(await copy()).toMatchObject({ state: "stale", waitingFor: expect.stringContaining("is disabled") });
		expect(await scene.path.lag(scene.consumer, live)).toEqual({ fileSeconds: 0 });
		expect(await scene.path.needs(scene.consumer, live)).toEqual([]);
	});

	describe("a pod is proved", () => {
		let scene: IdentityScene;
		beforeAll(async () => {
			scene = await setIdentityScene(stage);
		}, 60_000);
		beforeEach(() => scene.publish(published));

		const prove = (pods: readonly PodFact[], sessions?: readonly SeenSession[], applicationName?: "pod") =>
			scene.path.prove(
				{ ...scene.consumer, delivery: { path: "workload-identity", ...(applicationName && { applicationName }) } },
				pods,
				published,
				windows,
				sessions && (async () => sessions),
			);

		test("by its start alone, which is told as that, where nothing tells its sessions", async () => {
			const unasked = async (): Promise<never> => {
				throw new Error("asked for sessions");
			};
			const pods = [pod("early", "2026-07-01T12:00:04.000Z"), pod("late")];
			expect(await scene.path.prove(scene.consumer, pods, published, windows, unasked)).toEqual([
				{ pod: "early", ready: true, proved: false, detail: expect.stringContaining("2026-07-01T12:00:04.000Z") },
				{ pod: "late", ready: true, proved: true, version, provedBy: "start" },
			]);
			expect(await prove([pod("late")], undefined, "pod")).toMatchObject([{ proved: true, provedBy: "start" }]);
		});

		test("by nothing while the vault has another newest version", async () => {
			scene.publish([{ ...published[0]!, version: "f".repeat(32) }]);
			const sessions = [{ application: "late", since: start }];
			expect(await prove([pod("late")], sessions, "pod")).toMatchObject([
				{ proved: false, detail: expect.stringContaining("whose newest version is ffff") },
			]);
		});

		test.each<[string, readonly SeenSession[], string | undefined]>([
			["a session under its name that began with its container", [{ application: "late", since: start }], undefined],
			[
				"an older one beside it, of the pod of that name before it",
				[
					{ application: "late", since: "2026-07-01T11:00:00.000Z" },
					{ application: "late", since: "2026-07-01T12:00:12.000Z" },
				],
				undefined,
			],
			["no session at all", [], "has no session with this pod's name"],
			["another pod's session", [{ application: "late-2", since: start }], "has no session with this pod's name"],
			[
				"one that began a little earlier, because the node's clock is ahead",
				[{ application: "late", since: "2026-07-01T12:00:06.000Z" }],
				undefined,
			],
			["a session of which the server does not tell the start", [{ application: "late" }], "does not show when"],
		])("or not, with %s", async (_, sessions, lacking) => {
			const [proof] = await prove([pod("late")], sessions, "pod");
			if (lacking === undefined)
				expect(proof).toEqual({ pod: "late", ready: true, proved: true, version, provedBy: "session" });
			else expect(proof).toEqual({ pod: "late", ready: true, proved: false, detail: expect.stringContaining(lacking) });
		});

		test("where it is not replaced: by the interval within which it reads the vault again, which is told as that", async () => {
			const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
			const ask = (secondsAgo: number, applicationName?: "pod", sessions: readonly SeenSession[] = []) =>
				scene.path.prove(
					{
						...scene.consumer,
						roll: "none",
						delivery: { path: "workload-identity", reloadSeconds: 60, ...(applicationName && { applicationName }) },
					},
					[pod("early", ago(3_600))],
					published,
					[{ since: ago(secondsAgo) }],
					async () => sessions,
				);
			expect(await ask(50)).toMatchObject([{ proved: false, detail: expect.stringContaining("for 60 s after") }]);
			expect(await ask(60)).toMatchObject([{ proved: true, provedBy: "interval", intervalSeconds: 60, version }]);
			// A session tells it sooner; and without one no time is enough.
			const session = { application: "early", since: ago(5) };
			expect(await ask(10, "pod", [session])).toMatchObject([{ proved: true, provedBy: "session" }]);
			expect(await ask(600, "pod")).toMatchObject([{ proved: false, detail: expect.stringContaining("no session") }]);
			expect(await ask(3, "pod", [session])).toMatchObject([{ proved: false }]);
		});

		test("not by a session from before the publication, however near", async () => {
			const soon = pod("late", "2026-07-01T12:00:06.000Z");
			const sessions = [{ application: "late", since: "2026-07-01T12:00:04.900Z" }];
			expect(await prove([soon], sessions, "pod")).toMatchObject([
				{ proved: false, detail: expect.stringContaining("began before its container") },
			]);
		});

		test("not by a session of the pod before it, of the same name, which the new password has let in too", async () => {
			const later = pod("late", "2026-07-01T12:05:00.000Z");
			const sessions = [{ application: "late", since: "2026-07-01T12:04:50.000Z" }];
			expect(await prove([later], sessions, "pod")).toMatchObject([{ proved: false }]);
		});

		test("never by a session where its container started too early", async () => {
			const early = pod("early", "2026-07-01T12:00:04.000Z");
			const sessions = [{ application: "early", since: "2026-07-01T12:00:20.000Z" }];
			expect(await prove([early], sessions, "pod")).toMatchObject([{ proved: false }]);
		});
	});
});
