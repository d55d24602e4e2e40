// The earlier version of the live secret whose value a rollback makes live again.
// EA1. It is found by values, in the order in which the vault made the versions. Otherwise: anyone who may write a tag says which
//      password comes back.
// EA2. A version that somebody disabled stays so: it may have leaked. Enabling it is an order of its own.
// Both kept by: rollback.test.ts.

import type { Ports } from "../app.ts";
import { Fault } from "../domain/fault.ts";
import type { Password } from "../domain/password.ts";
import type { RollbackRequest } from "../domain/requests/index.ts";
import type { Latest, SecretVersion, VersionId } from "../domain/secret-version.ts";
import { unsuited } from "../domain/verifier.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { takesTurns } from "../strategies/index.ts";
import type { Checklist } from "./checklist.ts";
import { accepting, passwordOf, unusable } from "./in-force.ts";
import { type Managed, roleIn } from "./managed.ts";

/** As many as anyone would go back without saying to which. */
const mostLookedAt = 10;

/** @returns its id; or Fault `live-changed`, `version-unusable`, `no-earlier-version`, which is in the checks then */
export async function earlierVersion(
	ports: Ports,
	target: Managed,
	live: Extract<Latest, { state: "present" }>,
	{ to, version: seen }: Pick<RollbackRequest, "to" | "version">,
	checks: Checklist,
): Promise<VersionId | Fault> {
	const { name, secret } = target;
	const names = { vault: secret.vault, secret: name };
	let found: VersionId | Fault = new Fault("no-earlier-version", names);
	const isThere = "An earlier version has a value that can be live again, and nobody has published one since.";
	const [fault] = await checks.look(isThere, async () => {
		const isSame = seen === undefined || seen === live.secret.version;
		found = isSame ? await find() : new Fault("live-changed", names);
		if (!(found instanceof Fault)) found = await inForce(found);
		return found instanceof Fault ? found : undefined;
	});
	return fault ?? found;

	async function find(): Promise<VersionId | Fault> {
		const store = await ports.store(secret.vault);
		const versions = await store.versions(name);
		if (to !== undefined) {
			const named = versions.find(({ version }) => version === to);
			const detail = named ? await whyNot(store, named) : "there is no such version";
			return detail === undefined ? to : new Fault("version-unusable", { ...names, version: to, detail });
		}
		const earlier = versions.filter(({ version, enabled }) => enabled && version !== live.secret.version);
		for (const one of earlier.slice(-mostLookedAt).reverse()) if (!(await whyNot(store, one))) return one.version;
		return new Fault("no-earlier-version", names);
	}

	/** A role that takes turns gets no password set back: the value before is in force still, or is not brought back. */
	async function inForce(version: VersionId): Promise<VersionId | Fault> {
		const { account } = target.content;
		if (!account || !takesTurns(account)) return version;
		const store = await ports.store(secret.vault);
		if (await accepting(ports, target)(await store.version(name, version))) return version;
		const detail = "its role does not accept its password any more, which was changed since; rotate instead";
		return new Fault("version-unusable", { ...names, version, detail });
	}

	async function whyNot(store: SecretStore, { version, enabled }: SecretVersion): Promise<string | undefined> {
		if (version === live.secret.version) return "it is the live one";
		if (!enabled) return "it is disabled, perhaps because it leaked";
		return unfit(target, await store.version(name, version), live.value);
	}
}

function unfit(target: Managed, value: Password, live: Password): string | undefined {
	const { keyring } = target.content;
	if (value.equals(live) || keyring?.signsAs(value, live)) return "it has the live value";
	if (unusable(target, value)) return "its value is empty, or not in the form that the configuration gives";
	const { account } = target.content;
	if (account && takesTurns(account) && roleIn(target.content, value) === roleIn(target.content, live))
		return "it is of the role that the live one names, whose password is left alone";
	const password = account && passwordOf(target, value);
	return password && unsuited(password, target.name)
		? "PostgreSQL's clients would not agree on its password"
		: undefined;
}
