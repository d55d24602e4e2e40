// What the doctor says of real servers, of every delivery path and login: nothing is missing where a rotation works, each right that
// is taken away is named, and the command that is printed gives it back.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import list from "../../infra/rights.json" with { type: "json" };
import { at } from "../../packages/kubernetes-api/index.ts";
import type { Ports } from "../../src/lib/app.ts";
import type { Configuration } from "../../src/lib/config/configuration.ts";
import { askClusters } from "../../src/lib/doctor/cluster.ts";
import { askDatabase } from "../../src/lib/doctor/database.ts";
import { diagnose } from "../../src/lib/doctor/index.ts";
import { askVaults } from "../../src/lib/doctor/vaults.ts";
import type { Diagnosis, FoundRight, FoundSystem } from "../../src/lib/domain/diagnosis.ts";
import { type PathName, pathNames, rightsOf } from "../../src/lib/paths/index.ts";
import type { AppIdentity } from "../../src/lib/ports/identity.ts";
import type { Rotations } from "../../src/lib/ports/orchestration.ts";
import { type Managed, managed } from "../../src/lib/steps/managed.ts";
import { signingKey } from "../recovery/support/rights.ts";
import { paths, type Scenario } from "../recovery/support/scenarios.ts";
import { type Servers, startServers } from "../recovery/support/servers.ts";
import { openWorld, type World } from "../recovery/support/world.ts";
import { granted } from "../support/granted.ts";

let servers: Servers;
beforeAll(async () => {
	servers = await startServers();
});
afterAll(async () => servers?.[Symbol.asyncDispose]());

const rotations = { allRunning: async () => [] } as unknown as Rotations;

const made = new WeakMap<World, Ports>();
function portsOf(world: World): Ports {
	const ports = made.get(world) ?? world.ports();
	made.set(world, ports);
	return ports;
}

const asked = (world: World): Promise<Diagnosis> =>
	diagnose({ ports: portsOf(world), rotations }, { secrets: () => ["db-password"] });

/** One system alone. */
async function askedOf(
	world: World,
	system: (ports: Ports, target: Managed, app: AppIdentity, config: Configuration) => Promise<FoundSystem[]>,
): Promise<FoundRight[]> {
	const ports = portsOf(world);
	const target = await managed(ports, "db-password");
	const systems = await system(ports, target, await ports.identity(), (await ports.configuration()).config);
	return systems.flatMap(({ rights }) => [...rights]);
}
const ofVaults: Parameters<typeof askedOf>[1] = (ports, target, app, config) => askVaults(ports, config, target, app);

const rightsIn = ({ app, secrets }: Diagnosis): FoundRight[] =>
	[...app, ...secrets.flatMap(({ systems }) => systems)].flatMap(({ rights }) => rights);
const missing = (found: readonly FoundRight[]) =>
	found.filter(({ result, optional }) => result === "missing" && !optional);
const words = (found: readonly FoundRight[]) => found.map(({ right }) => right);

const scenarioOf = (path: keyof typeof paths, login: Scenario["login"] = "self"): Scenario => ({
	login: paths[path].strategy === "alternating-users" ? "admin-secret" : login,
	strategy: paths[path].strategy ?? "single-user",
	path,
});

const applied = (world: World, command: string) => granted(world.place.servers.kubernetes, command);

/** What is called `get secrets/titanic-api-secrets in namespace titanic-api`. */
async function mayNow(world: World, right: string): Promise<boolean> {
	const found = /^(\w+) ([a-z]+)(?:\.([^/ ]+))?(?:\/(\S+))? in namespace (\S+)$/.exec(right);
	const [, verb = "", resource = "", group = "", name, namespace = ""] = found ?? [];
	const workloads = await portsOf(world).workloads("titanic-aks");
	return workloads.may({ verb, group, resource, namespace, name });
}

/** With the same rights as others. */
const alike: readonly string[] = ["csi-driver, two secrets by one roll", "flux-sops as a GitHub App"];
const everyPath = Object.keys(paths)
	.filter((path) => !alike.includes(path))
	.map((path) => ({ path: path as keyof typeof paths }));

test("every delivery path of the registry is looked at here", () => {
	expect(everyPath.map(({ path }) => path)).toEqual(expect.arrayContaining([...pathNames]));
});

describe.each(everyPath)("of $path", ({ path }) => {
	let world: World;
	let whole: Diagnosis;
	beforeAll(async () => {
		world = await openWorld(servers, { scenario: scenarioOf(path), mode: "straight" });
		whole = await asked(world);
	});
	afterAll(async () => world?.[Symbol.asyncDispose]());

	const consumer = () => paths[path].consumer(world.place);
	const inCluster = () => {
		const { kind, delivery, roll } = consumer();
		const common = list.kubernetes as unknown as Record<string, { rights: ReturnType<typeof rightsOf> }>;
		const ofKind = common[kind]!.rights.filter(
			({ verb }) => verb !== "patch" || (roll !== "none" && delivery.path !== "kustomize-generator"),
		);
		return [...common["every path"]!.rights, ...ofKind, ...rightsOf(delivery.path as PathName)];
	};

	test("nothing is missing where a rotation works, and each right of the lists is asked for", () => {
		expect(missing(rightsIn(whole))).toEqual([]);
		const texts = words(rightsIn(whole));
		for (const { verb, group, resource } of inCluster())
			expect(texts).toContainEqual(expect.stringContaining(`${verb} ${resource}${group === "" ? "" : `.${group}`}`));
		expect(whole.counts.ok).toBeGreaterThan(10);
	});

	test("each right in the cluster that is taken away is named, and the command that is printed gives it back", async () => {
		const { kubernetes } = servers;
		const { namespace } = world.place;
		for (const { verb, group, resource } of inCluster()) {
			const mend = await world.rights.take(`kubernetes ${verb} ${resource}`);
			const broken = missing(await askedOf(world, askClusters));
			const what = `${verb} ${resource}${group === "" ? "" : `.${group}`}`;
			const named = new Set(words(broken).map((one) => /^\w+ [^/ ]+/.exec(one)?.[0]));
			expect({ what, missing: [...named] }).toEqual({ what, missing: [what] });
			for (const { next = "", right } of broken) {
				await applied(world, next);
				expect({ right, may: await mayNow(world, right) }).toEqual({ right, may: true });
			}
			for (const kind of ["rolebindings", "roles"]) {
				const { items } = await kubernetes.get<{ items: { metadata: { name: string } }[] }>(
					at("rbac.authorization.k8s.io/v1", kind, namespace),
				);
				for (const { metadata } of items)
					if (metadata.name.startsWith("titanic-secret-rotator-"))
						await kubernetes.remove(at("rbac.authorization.k8s.io/v1", kind, namespace, metadata.name));
			}
			await mend?.();
		}
	});
});

describe("in the vault", () => {
	let world: World;
	beforeAll(async () => {
		world = await openWorld(servers, { scenario: scenarioOf("flux-sops", "admin-secret"), mode: "straight" });
	});
	afterAll(async () => world?.[Symbol.asyncDispose]());

	test.each([
		["getSecret db-password", "vault GET db-password", "managed", "/secrets/db-password"],
		["getSecret db-password-pending", "vault GET db-password-pending", "pending", "/secrets/db-password-pending"],
		["getSecret db-connection-string", "vault GET db-connection-string", "derived", "/secrets/db-connection-string"],
		["getSecret rotator-password", "vault GET rotator-password", "readable", "/secrets/rotator-password"],
		["readMetadata of the vault", "vault GET (list)", "vault", ""],
		["sign with the key of AUDIT_SIGNING_KEY_URL", `vault POST keys ${signingKey} sign`, "", ""],
	])("%s, taken away, is named", async (right, effect, kind, of) => {
		const mend = await world.rights.take(effect);
		try {
			const all = kind === "" ? rightsIn(await asked(world)) : await askedOf(world, ofVaults);
			const [found] = missing(all).filter((one) => one.right === right);
			expect(found).toMatchObject({ result: "missing" });
			if (kind === "") return;
			expect(found?.next).toContain(`: ${kind}" --scope "$(az keyvault show --name titanic-kv `);
			expect(found?.next).toContain(`--query id --output tsv)"${of}`);
			expect(found?.next).toContain(`--assignee-object-id ${servers.app.objectId} `);
		} finally {
			await mend?.();
		}
	});

	test("a right that cannot be asked without using it is unknown, whatever there is to be concluded from", async () => {
		const texts = (await askedOf(world, ofVaults)).filter(({ result }) => result === "unknown");
		expect(words(texts)).toEqual(expect.arrayContaining(["setSecret db-password", "update db-password-pending"]));
		const set = texts.find(({ right }) => right === "setSecret db-password");
		expect(set?.next).toMatch(/^az role assignment list --assignee [0-9a-f-]{36} /);
	});

	test("no value of any secret is in the answer, and nothing was written", async () => {
		const before = world.place.vault.requests.length;
		const text = JSON.stringify(await asked(world));
		for (const secret of ["db-password", "db-connection-string", "rotator-password"])
			expect(text).not.toContain(world.place.vault.owner.get(secret)!.value);
		const methods = new Set(world.place.vault.requests.slice(before).map(({ method, name }) => `${method} ${name}`));
		expect([...methods].filter((one) => !one.startsWith("GET "))).toEqual([`POST ${signingKey}`]);
	});

	test("a secret that is not there is named, and one that is disabled", async () => {
		const { owner } = world.place.vault;
		const { version } = owner.get("rotator-password")!;
		owner.update("rotator-password", version, { enabled: false });
		try {
			const found = missing(await askedOf(world, ofVaults));
			expect(found).toContainEqual(expect.objectContaining({ code: "secret-disabled" }));
		} finally {
			owner.update("rotator-password", version, { enabled: true });
		}
	});
});

describe.each(["self", "admin-secret", "entra-token"] as const)("in the database, with login %s", (login) => {
	let world: World;
	beforeAll(async () => {
		world = await openWorld(servers, { scenario: scenarioOf("csi-driver", login), mode: "straight" });
	});
	afterAll(async () => world?.[Symbol.asyncDispose]());

	const other = () =>
		({ self: undefined, "admin-secret": `rotator_${world.place.id}`, "entra-token": `entra_${world.place.id}` })[login];

	test("each right that is taken away is named, and the statement that is printed gives it back", async () => {
		const { role } = world.place;
		const as = other();
		const cases: [string, string][] = [
			["LOGIN", `ALTER ROLE ${role} NOLOGIN`],
			["CONNECT", `REVOKE CONNECT ON DATABASE postgres FROM PUBLIC`],
		];
		if (as !== undefined)
			cases.push(
				["LOGIN", `ALTER ROLE ${as} NOLOGIN`],
				["CREATEROLE", `ALTER ROLE ${as} NOCREATEROLE`],
				["ADMIN OPTION", `REVOKE ${role} FROM ${as}`],
			);
		const unheard = as === undefined ? ["LOGIN", "CONNECT"] : ["LOGIN", "CONNECT", "CREATEROLE", "ADMIN OPTION"];
		expect([...new Set(cases.map(([right]) => right))]).toEqual(unheard);
		try {
			for (const [right, sql] of cases) {
				await servers.sql.query(sql);
				// A login that is refused hides what else is missing: as often as there are roles.
				for (let round = 0; round < 3; round++) {
					const broken = missing(await askedOf(world, askDatabase)).filter(
						({ next }) => next && /^(ALTER|GRANT|DO) /.test(next),
					);
					if (round === 0) expect({ right, found: broken.length > 0 }).toEqual({ right, found: true });
					for (const { next } of broken) await servers.sql.query(next!);
				}
				expect({ right, missing: missing(await askedOf(world, askDatabase)) }).toEqual({ right, missing: [] });
			}
		} finally {
			await servers.sql.query("GRANT CONNECT ON DATABASE postgres TO PUBLIC");
		}
	});

	test("what rotations do without is told, and is not missing", async () => {
		const optional = (await askedOf(world, askDatabase)).filter(
			(one) => one.optional && one.code === "role-not-permitted",
		);
		expect(optional.map(({ next }) => next?.split(" ")[1])).toEqual(
			other() === undefined ? [] : ['"pg_signal_backend"', '"pg_read_all_stats"'],
		);
	});

	test("what no right would help is told as the plan tells it: a password that has expired", async () => {
		if (login === "self") return;
		const { role } = world.place;
		await servers.sql.query(`ALTER ROLE ${role} VALID UNTIL '2020-01-01'`);
		try {
			expect(missing(await askedOf(world, askDatabase))).toEqual([expect.objectContaining({ code: "role-expired" })]);
		} finally {
			await servers.sql.query(`ALTER ROLE ${role} VALID UNTIL 'infinity'`);
		}
	});
});

test("systems that do not answer are told once each, and the answer comes all the same", async () => {
	await using world = await openWorld(servers, { scenario: scenarioOf("csi-driver"), mode: "straight" });
	const ports = world.ports();
	const never = () => new Promise<never>(() => {});
	const { config, ...loaded } = await ports.configuration();
	const secrets = Object.fromEntries(
		["db-password", "one", "two"].map((id) => [id, { ...config.secrets["db-password"]!, name: id }]),
	);
	const asking = { vault: 0, cluster: 0 };
	const counting = (system: keyof typeof asking) => () => {
		asking[system]++;
		return never();
	};
	const dead = {
		...ports,
		configuration: async () => ({ ...loaded, config: { ...config, secrets } }),
		store: async () => ({ latest: counting("vault") }) as never,
		workloads: async () => ({ may: counting("cluster") }) as never,
	};
	const from = performance.now();
	const found = await diagnose({ ports: dead, rotations }, { secrets: (all) => Object.keys(all.secrets), mostMs: 500 });
	expect(performance.now() - from).toBeLessThan(5_000);
	expect(found.secrets.map(({ secret }) => secret)).toEqual(["db-password", "one", "two"]);
	for (const { systems } of found.secrets)
		expect(systems.map(({ system, rights }) => `${system} ${rights[0]?.result}`)).toContain("Key Vault main unknown");
	expect(asking).toEqual({ vault: 1, cluster: 0 });
});
