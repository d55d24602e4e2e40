// Every secret that a stack has or had: what the search looks for.
// SE1. Each maker of a secret is asked for it, so none is forgotten: the vault for its values, the server for its verifiers,
//      the identity stand-in for its tokens. Otherwise: a password that was live for a second may lie about for ever.

import type { Stack } from "../stack.ts";
import { loginIn } from "../world.ts";
import type { Secret } from "./search.ts";

export type Kind =
	| "password"
	| "connection string"
	| "other secret of the vault"
	| "verifier"
	| "token of a managed identity"
	| "token of an operator"
	| "token of a ServiceAccount"
	| "identity header"
	| "signing key"
	| "cluster administrator's token"
	| "superuser's password"
	| "function key"
	| "master key"
	| "Event Grid key"
	| "durable key";

/** @throws Error when the server cannot be asked, or one of the kinds has nothing to look for */
export async function secretsOf(stack: Stack): Promise<Secret<Kind>[]> {
	const { vault, identity, activity, postgres, ownKeys, cluster, firstPassword, scenario, podTokens } = stack;
	const values = (...names: string[]) =>
		names.flatMap((name) => vault.owner.versions(name).map(({ value }) => value)).filter((value) => value !== "");
	// A deleted secret is in no list any more; these may be.
	const known = new Set([...vault.owner.names(), "db-password", "db-password-pending", "flask-secret-key"]);
	const named = (form: RegExp) => [...known].filter((name) => form.test(name));
	const verifiers = [...(await activity.verifiers()), ...verifiersIn(await postgres.log())].flatMap((verifier) => [
		verifier,
		...partsOf(verifier),
	]);
	const own = (name: keyof Stack["keys"]) => (ownKeys[name] === undefined ? "given" : [ownKeys[name]]);
	const found: Record<Kind, readonly string[] | "given"> = {
		password: [
			firstPassword,
			...values(...named(/-password(-pending)?$/)).map((value) => loginIn(scenario, value).password),
		],
		"connection string": values(...named(/-connection-string$/)),
		"other secret of the vault": values(...named(/^flask-secret-key(-pending)?$/)).flatMap(withKeys),
		verifier: verifiers,
		"token of a managed identity": identity.issued.managedIdentities.map(signatureOf),
		// None where the pods take no identity.
		"token of a ServiceAccount": scenario.path === "workload-identity" ? podTokens.map(signatureOf) : "given",
		"token of an operator": identity.issued.operators.map(signatureOf),
		"identity header": identity.issued.headers,
		"signing key": [identity.issued.signingKey],
		"cluster administrator's token": [cluster.adminToken],
		"superuser's password": [postgres.superuser.password],
		"function key": own("function"),
		"master key": own("master"),
		"Event Grid key": own("eventGrid"),
		"durable key": own("durable"),
	};
	return (Object.entries(found) as [Kind, readonly string[] | "given"][]).flatMap(([kind, all]) => {
		if (all === "given") return [];
		if (all.length === 0) throw new Error(`No ${kind} is known: it cannot be searched for.`);
		return [...new Set(all)].map((value) => ({ kind, value }));
	});
}

/** A key with fallbacks is several secrets. */
function withKeys(value: string): string[] {
	if (!value.startsWith("{")) return [value];
	const { current, fallbacks } = JSON.parse(value) as { current: string; fallbacks: string[] };
	return [value, current, ...fallbacks];
}

/** Those that were set for less time than the watcher of pg_authid needs. */
const verifiersIn = (log: string): readonly string[] =>
	log.match(/SCRAM-SHA-256\$\d+:[\w+/]+=*\$[\w+/]+=*:[\w+/]+=*/g) ?? [];

/** StoredKey and ServerKey: anyone who has them can try passwords, or play the server. */
const partsOf = (verifier: string): string[] => verifier.split("$")[2]?.split(":") ?? [];

/** A token without its signature opens nothing, and all tokens begin alike. */
const signatureOf = (token: string): string => token.split(".").at(-1) ?? token;
