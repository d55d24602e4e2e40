// Is the seam complete? What passed it is compared with what the servers saw: a call beside it would be a call that no
// fault of the matrix ever meets.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { around, type Calls, calls } from "../../simulate/measured.ts";
import { runs, strategies, titleOf } from "./support/scenarios.ts";
import { type Servers, startServers } from "./support/servers.ts";
import { openWorld, type World, withoutHash } from "./support/world.ts";

let servers: Servers;
beforeAll(async () => {
	servers = await startServers();
});
afterAll(async () => servers?.[Symbol.asyncDispose]());

const titled = runs.map(({ scenario }) => ({ title: titleOf(scenario), scenario }));

/** How often each was there. */
function counted(names: readonly string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
	return counts;
}

const passed = ({ effects }: World, system: string) =>
	effects.flatMap(({ effect }) => (effect.startsWith(`${system} `) ? effect.slice(system.length + 1) : []));

/** As simulate/measured.ts names them; tokens are kept for the process, so they are nobody's step. */
function kindOf(effect: string): (keyof Calls)[] {
	const [system, verb] = effect.split(" ");
	if (system === "vault")
		return [
			({ GET: "get", PUT: "put", PATCH: "patch", POST: "sign" } as const)[verb as "GET" | "PUT" | "PATCH" | "POST"],
		];
	if (system === "postgres") return [verb === "login" ? "login" : "statement"];
	if (system === "kubernetes") return ["kubernetes"];
	if (system === "blob") return [verb === "PUT" ? "blobWrite" : "blobRead"];
	return [];
}

/** Requests that leave this process by node:http for that server, and what for. */
async function leaving(server: string, during: () => Promise<void>): Promise<string[]> {
	const { host } = new URL(server);
	const seen: string[] = [];
	const listener = (message: unknown) => {
		const { request } = message as { request: ClientRequest };
		if (request.getHeader("host") === host) seen.push(`${request.method} ${request.path}`);
	};
	subscribe("http.client.request.start", listener);
	try {
		await during();
	} finally {
		unsubscribe("http.client.request.start", listener);
	}
	return seen;
}

describe.each(titled)("of a rotation with $title", ({ scenario }) => {
	let world: World;
	let toBlobs: string[];
	let toIdentity: string[];
	let log: string;
	beforeAll(async () => {
		world = await openWorld(servers, { scenario, mode: "straight" });
		const before = (await servers.postgres.log()).length;
		toIdentity = await leaving(servers.identity.url, async () => {
			toBlobs = await leaving(servers.storage.url, async () => {
				const outcomes = (await world.rotate()).map(({ outcome }) => outcome);
				expect(outcomes).toEqual(world.also === undefined ? ["completed"] : ["completed", "completed"]);
			});
		});
		log = (await servers.postgres.log()).slice(before);
	});
	afterAll(async () => world?.[Symbol.asyncDispose]());

	test("every request that the vault saw passed the seam", () => {
		const saw = world.place.vault.requests.map(({ method, name = "(list)" }) => `${method} ${name}`);
		expect(saw.length).toBeGreaterThan(0);
		expect(counted(saw)).toEqual(
			counted(
				passed(world, "vault").map((effect) =>
					effect.replace(/\(challenge\) |deletedsecrets | versions$|keys | sign$/g, ""),
				),
			),
		);
	});

	test("every push that the git server saw, and every look before one, passed the seam", () => {
		// Flux reads there too, and never pushes.
		const isPush = (text: string) => text.includes("git-receive-pack");
		const { gitOps } = world.place;
		const saw = (gitOps?.server.requests ?? []).filter(({ url }) => isPush(url));
		expect(saw.length > 0).toBe(gitOps !== undefined);
		expect(counted(saw.map(({ method }) => `${method} gitops git-receive-pack`))).toEqual(
			counted(passed(world, "git").filter(isPush)),
		);
	});

	test("every token that GitHub was asked for was asked for through the seam", () => {
		const asked = world.place.gitOps?.gitHub?.asked ?? [];
		expect(passed(world, "github")).toEqual(asked.map(() => "POST access_tokens gitops"));
	});

	test("every request that the host of pull requests saw passed the seam", () => {
		const { gitOps } = world.place;
		const saw = (gitOps?.server.requests ?? []).filter(({ url }) => url.includes("/_apis/"));
		expect(saw.length > 0).toBe(gitOps?.host !== undefined);
		expect(counted(saw.map(({ method }) => `${method} gitops`))).toEqual(counted(passed(world, "pulls")));
	});

	test("every request that the cluster saw of the rotator passed the seam", () => {
		const { place } = world;
		const saw = (servers.cluster.requests ?? [])
			.filter(({ user, path }) => user === servers.app.objectId && path.includes(`/${place.namespace}/`))
			.map(({ method, path }) => {
				const [, resource, name] = /\/namespaces\/[^/]+\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
				const verb = method === "PATCH" ? "patch" : name === undefined ? "list" : "get";
				return withoutHash(`${verb} ${resource} titanic${name === undefined ? "" : `/${name}`}`);
			});
		expect(saw.length).toBeGreaterThan(0);
		expect(counted(saw)).toEqual(counted(passed(world, "kubernetes")));
	});

	test("every login and every statement that the database saw of the rotator passed the seam", () => {
		const own = log.split("\n").filter((line) => line.split("|")[0]?.endsWith(world.place.id));
		const kinds = own.flatMap((line) => {
			if (line.includes("connection authorized:")) return "login";
			return /\bLOG: {2}\w+: (statement|execute [^:]*): /.test(line) ? "statement" : [];
		});
		// A random value is no server's: then none is asked.
		expect(kinds.includes("statement")).toBe(strategies[scenario.strategy].isInDatabase);
		const effects = passed(world, "postgres").map((effect) => (effect.startsWith("login ") ? "login" : "statement"));
		expect(counted(kinds)).toEqual(counted(effects));
	});

	test("every request to blob storage passed the seam", () => {
		const saw = toBlobs.map((request) => {
			const { pathname } = new URL(request.split(" ")[1] ?? "", servers.storage.url);
			const name = decodeURIComponent(pathname.split("/").slice(3).join("/")) || "(list)";
			return `${request.split(" ")[0]} ${name}`
				.replace(/\.[0-9a-f-]{36}(?=(\.json)?$)/, "")
				.replace(/ configurations\/[0-9a-f]{64}/, " configurations/")
				.replace(/ ended\/\d{13}\./, " ended/")
				.replace(/\/\d{4}-[\dT.-]+Z/, "/");
		});
		expect(saw.length).toBeGreaterThan(0);
		expect(counted(saw)).toEqual(counted(passed(world, "blob")));
	});

	test("every token that the identity gave was asked for through the seam", () => {
		const asked = counted(passed(world, "token"));
		// Of the storage account, the vault, the key that signs and the cluster; with Flux, of the key that the file is encrypted for, and
		// of a GitHub App's; and of the database, where the app's identity has a role there.
		const { gitOps } = world.place;
		const further = [gitOps, gitOps?.gitHub, scenario.login === "entra-token"].filter(Boolean).length;
		expect(Object.keys(asked).length).toBe(4 + further);
		// The SDK keeps tokens for the process, so that few of those that are asked for are fetched.
		const fetched = toIdentity.filter((request) => request.startsWith("GET /msi/token"));
		expect(fetched.length).toBeLessThanOrEqual(Object.values(asked).reduce((sum, count) => sum + count, 0));
	});

	if (scenario === runs[0]!.scenario)
		test.each([...around, "roll", "verify"] as const)(
			"%s makes as many calls as the model of capacity says",
			(step) => {
				const kinds = world.effects.flatMap(({ effect, in: within }) => (within === step ? kindOf(effect) : []));
				expect(counted(kinds)).toEqual(calls[step]);
			},
		);

	test("two runs have the same effects, each as often", async () => {
		await using again = await openWorld(servers, { scenario, mode: "replayed" });
		await again.rotate();
		// Not in the same order: what runs side by side may pass the seam in any.
		const names = ({ effects }: World) => counted(effects.map(({ effect }) => effect));
		expect(names(again)).toEqual(names(world));
	});
});
