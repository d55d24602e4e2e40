// What no single field can show: names that must exist, and things that may have one owner only.
// CY1. A role has one secret, and a secret one writer. Otherwise: two rotations undo each other, and one of the two secrets
//      is wrong from then on. Things are compared by what they are (spelling.ts), not by how they are written: a secret is
//      its vault and its name there, whatever its entry is called. A pending secret can be nobody else's: no name ends so.

import { Password } from "../domain/password.ts";
import { passwordIn, render } from "../domain/render.ts";
import { unfitDelivery, writtenBy } from "../paths/index.ts";
import { wrongWithOtherRole } from "./other-roles.ts";
import { type Named, type NamedSecret, own, roleId, rolesOf, secretId, type Writer } from "./owners.ts";
import { wrongHosts } from "./repository-hosts.ts";
import { placeOf, serverOf } from "./spelling.ts";

export interface Inconsistency {
	readonly path: PropertyKey[];
	readonly message: string;
}

type Problem = (path: PropertyKey[], message: string) => void;

/** @returns everything wrong; the caller sorts it by lines */
export function inconsistencies(config: Named): Inconsistency[] {
	const found: Inconsistency[] = [];
	const problem: Problem = (path, message) => void found.push({ path, message });
	twins("vaults", config.vaults, ({ url }) => placeOf(url), problem);
	azureNames(config, problem);
	twins("clusters", config.clusters, ({ server }) => placeOf(server), problem);
	repositories(config, problem);
	const { managerOf, clashing } = managedRoles(config, problem);
	// Two databases of one server are two entries. Of one that is there twice, a role that is reached twice says enough.
	const database = (server: Named["servers"][string]) => `${serverOf(server)}/${server.database}`;
	twins("servers", config.servers, database, (path, message) => {
		if (!clashing.has(path[1])) problem(path, message);
	});
	for (const [name, secret] of Object.entries(config.secrets)) pair(name, secret, problem);
	const owners = { managerOf, writerOf: writtenSecrets(config, problem) };
	for (const name of Object.keys(config.secrets)) {
		const wrong = wrongWithOtherRole(config, name, owners);
		if (wrong !== undefined) problem(wrong.path, wrong.message);
	}
	consumers(config, problem);
	canaries(config, problem);
	return found;
}

/** Calls `again` with the one that has a thing already. */
function claims<Owner>() {
	const owners = new Map<string, Owner>();
	return {
		ownerOf: (thing: string): Owner | undefined => owners.get(thing),
		claim(thing: string, owner: Owner, again: (first: Owner) => void): void {
			const first = owners.get(thing);
			if (first === undefined) owners.set(thing, owner);
			else again(first);
		},
	};
}

type Kind = "vaults" | "servers" | "clusters" | "repositories";

function twins<T>(kind: Kind, things: Readonly<Record<string, T>>, place: (thing: T) => string, problem: Problem) {
	const { claim } = claims<string>();
	for (const [name, thing] of Object.entries(things)) {
		claim(place(thing), name, (first) =>
			problem(
				[kind, name],
				`is the ${kind.replace(/(ie)?s$/, (end) => (end === "s" ? "" : "y"))} "${first}" again; use that name`,
			),
		);
	}
}

/** Events name a vault by its name in Azure. */
function azureNames({ vaults }: Named, problem: Problem) {
	const { claim } = claims<{ vault: string; place: string }>();
	for (const [vault, { url, name }] of Object.entries(vaults)) {
		const place = placeOf(url);
		const azureName = name ?? /^([a-z][^.:]*)\./.exec(place)?.[1];
		if (azureName === undefined) continue;
		claim(azureName.toLowerCase(), { vault, place }, (first) => {
			// One that is there twice is reported as a duplicate.
			if (name !== undefined) problem(["vaults", vault, "name"], `is the name of vault "${first.vault}" too`);
			else if (first.place !== place) problem(["vaults", vault], `is the vault "${first.vault}" again; use that name`);
		});
	}
}

function repositories({ repositories: all }: Named, problem: Problem) {
	// A server of git takes an address with and without the end.
	const place = ({ url, branch }: Named["repositories"][string]) =>
		`${placeOf(url)
			.toLowerCase()
			.replace(/\.git$/, "")} ${branch}`;
	twins("repositories", all, place, problem);
	for (const [name, one] of Object.entries(all)) {
		const wrong = wrongHosts(one);
		for (const { path, message } of wrong) problem(["repositories", name, ...path], message);
	}
}

const leastReviewSeconds = 3_600;

/** @returns the entry that manages a role, by `roleId`, and the servers of which more than one does */
function managedRoles(config: Named, problem: Problem) {
	const { claim, ownerOf } = claims<string>();
	const clashing = new Set<PropertyKey | undefined>();
	for (const [name, secret] of Object.entries(config.secrets)) {
		const { server } = secret;
		if (server === undefined) continue;
		for (const { role, at } of rolesOf(secret))
			claim(roleId(config, server, role), name, (first) => {
				problem(["secrets", name, ...at], `is the role of secret "${first}"; let one secret own it`);
				clashing.add(server).add(config.secrets[first]?.server);
			});
	}
	return { managerOf: ownerOf, clashing };
}

/** Two roles that take turns, and their owner: whose a value is must be beyond doubt. */
function pair(name: string, { roles = [], owner, value }: NamedSecret, problem: Problem): void {
	const [first, second] = roles;
	if (first === undefined || second === undefined || value === undefined) return;
	if (owner === first || owner === second)
		problem(["secrets", name, "owner"], "is one of roles; give the role that both are members of");
	const at = { host: "a.b", port: 1, database: "d" };
	const isRead = (role: string, by: string) =>
		passwordIn(value, render(value, { role, password: new Password("p-1"), ...at }), { role: by, ...at });
	if (isRead(first, second) || isRead(second, first))
		problem(["secrets", name, "value", "template"], "lets a value of one role be read as one of the other");
}

/** @returns who writes a secret, by `secretId` */
function writtenSecrets(config: Named, problem: Problem): (id: string) => Writer | undefined {
	const { claim, ownerOf } = claims<Writer>();
	const written = (vault: string, secret: string, writer: Writer, path: PropertyKey[]) =>
		claim(secretId(config, vault, secret), writer, ({ entry }) =>
			problem(path, `is written for "${entry}" already; give another name`),
		);
	const entries = Object.entries(config.secrets);
	for (const [id, { vault, name }] of entries) {
		const at = ["secrets", id, ...(name === id ? [] : ["name"])];
		written(vault, name, { entry: id, as: "managed" }, at);
	}
	for (const [id, { vault, derived }] of entries) {
		for (const [index, { secret }] of derived.entries())
			written(vault, secret, { entry: id, as: "derived" }, ["secrets", id, "derived", index, "secret"]);
	}
	return ownerOf;
}

function consumers(config: Named, problem: Problem) {
	const written = claims<string>();
	for (const [name, secret] of Object.entries(config.secrets)) {
		const { claim } = claims<true>();
		const secrets = [secret.name, ...secret.derived.map((derived) => derived.secret)];
		for (const [
			index,
			{ cluster, namespace, kind, name: workload, delivery, roll, application, copyTimeoutSeconds },
		] of secret.consumers.entries()) {
			const at = ["secrets", name, "consumers", index];
			const found = own(config.clusters, cluster);
			const place = found ? placeOf(found.server) : `unknown ${cluster}`;
			claim(`${place}/${namespace}/${kind}/${workload}`, true, () =>
				problem(at, `is ${kind} ${namespace}/${workload} again; list it once`),
			);
			const unfit = unfitDelivery(delivery, secrets, { isLogin: secret.server !== undefined, rolls: roll !== "none" });
			if (roll === "none" && kind === "CronJob")
				problem([...at, "roll"], "is for pods that go on; a CronJob is never restarted");
			if (roll === "none" && application?.readsAgain === false)
				problem([...at, "application", "readsAgain"], 'is false, and roll is "none"; take one of them out');
			if (unfit) problem([...at, "delivery", ...unfit.at], unfit.message);
			const isReviewed =
				"repository" in delivery && own(config.repositories, delivery.repository)?.pullRequests !== undefined;
			// From ALTER ROLE on, the old password opens nothing: as long as people review, nobody gets in.
			if (isReviewed && secret.role !== undefined)
				problem(
					[...at, "delivery", "repository"],
					"takes pull requests, which people merge in their own time, and with single-user the old password has ended by then; give strategy alternating-users, or a branch that the app may push to",
				);
			else if (isReviewed && copyTimeoutSeconds < leastReviewSeconds)
				problem(
					[...at, "copyTimeoutSeconds"],
					`is ${copyTimeoutSeconds}, and people take longer to merge a pull request; give whole seconds, ${leastReviewSeconds} to 86400`,
				);
			const { inNamespace, elsewhere = [] } = writtenBy(delivery);
			const writes = (thing: string, within: string) =>
				written.claim(`${within} ${thing}`, name, (first) => {
					if (first !== name) problem([...at, "delivery"], `writes ${thing}, which is "${first}"'s`);
				});
			for (const thing of inNamespace) writes(thing, `${place}/${namespace}`);
			for (const thing of elsewhere) writes(thing, "");
		}
	}
}

/** The other consumers go on with the value before while one is tried. */
function canaries({ secrets }: Named, problem: Problem) {
	for (const [name, { roles, fallbacks, consumers: all }] of Object.entries(secrets)) {
		const at = ["secrets", name, "consumers"];
		const first = all.findIndex(({ canary }) => canary);
		if (first < 0) continue;
		const waits = all.findIndex(({ canary, kind }) => canary && kind === "CronJob");
		if (waits >= 0)
			problem([...at, waits, "canary"], "is for pods that prove a version; of a CronJob only its next run reads it");
		if (roles === undefined && fallbacks === undefined)
			problem(
				[...at, first, "canary"],
				"is for values of which the one before stays valid: strategy alternating-users, or random-value with fallbacks",
			);
		else if (all.every(({ canary }) => canary))
			problem(at, "are all canary, so none of them is tried before another; take it from one");
	}
}
