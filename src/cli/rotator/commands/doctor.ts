// What is wrong here, at the app, and with each right of each rotation: a tree, with the command for what is missing.

import { client } from "../../../api/client.ts";
import { version } from "../../../lib/domain/version.ts";
import type { Diagnosis, FoundRight } from "../answers.ts";
import type { Around } from "../around.ts";
import { command, type Values } from "../command.ts";
import { addressOf, connecting } from "../connect.ts";
import { tokenRights } from "../doctor/claims.ts";
import { reached } from "../doctor/reach.ts";
import { type Branch, summaryOf, treeOf } from "../doctor/tree.ts";
import { exitOfError, exits } from "../exits.ts";
import { print, printing, stdoutLook, tell } from "../say.ts";
import { tokens, type Way } from "../sign-in/token.ts";
import { understanding } from "../understood.ts";

const options = {
	secret: { type: "string", value: "NAME", what: "Only this secret." },
	config: {
		type: "string",
		value: "FILE",
		what: "Before the first deployment: what this rotation configuration needs, asked with your own rights.",
	},
	all: { type: "boolean", what: "Everything by name: what is right too, and how to find out what is unknown." },
	...printing,
	...connecting,
} as const;
type Given = Values<typeof options>;

export const doctor = command({
	summary: "What is missing: on this machine, at the app, and every right of every rotation",
	details:
		"Nothing is changed. First this machine: reach, clock, sign-in, roles. Then the app asks each system what it may do there, which takes a minute at most. What is missing comes with the command that gives it; what cannot be asked without doing it is unknown. With --config FILE no app is asked: vaults by az (Key Vault Reader), clusters by your kubeconfig, servers as PGUSER with PGPASSWORD, which may be an Entra access token. No secret's value is read there, and Secrets of a cluster are not asked for. Exit code 0: nothing is missing. 1: something is. 2: no such file. 4: sign-in. 5: the app cannot be reached.",
	takes: [],
	options,
	examples: [
		["rotator doctor", "what is missing, with the commands"],
		["rotator doctor --secret db-password --all", "every right of one secret"],
		["rotator doctor --config rotation.config.yaml", "before the first deployment: what is not there yet"],
		["rotator doctor -o json", "for scripts"],
	],
	operations: ["askDoctor", "showCode"],
	run: ({ options: given }, around) => run(given, around),
});

async function run(given: Given, around: Around): Promise<number> {
	if (given.config !== undefined) return ahead(given.config, given, around);
	const { url, secret, "sign-in": way } = given;
	const baseUrl = addressOf(url ?? around.env.ROTATOR_URL);
	const scope = given.scope ?? (around.env.ROTATOR_SCOPE || undefined);
	const { rights, isThere } = await reached(baseUrl, around);
	const { token, rights: ofToken } = await signedIn(around, scope, way);
	const call = token && understanding(client({ baseUrl, token: async () => token }));
	const asked = call && (() => call("askDoctor", { body: secret === undefined ? {} : { secret } }));
	const { found, error } = isThere && asked ? await orError(asked) : {};
	const here = [...rights, ...ofToken, ...(found ? [sameVersion(found.version)] : [])];
	show(
		[
			{ title: "Here", systems: [{ system: "This machine", rights: here }] },
			...(found ? [{ title: "The app", systems: found.app }] : []),
			...branchesOf(found?.secrets),
		],
		{ here, ...found },
		given,
		around,
	);
	if (error) tell(around, error.message, error.next ?? "");
	if (!isThere) return exits.unreachable;
	if (!token) return exits.signIn;
	if (error) return exitOfError(error) ?? exits.endedBadly;
	const isMissing = here.some(isWrong) || (found?.counts.missing ?? 0) > 0;
	return isMissing ? exits.endedBadly : exits.done;
}

const isWrong = ({ result, optional }: FoundRight): boolean => result === "missing" && !optional;

/** A refusal is shown beside what was found here. */
async function orError(
	asked: () => Promise<{ readonly body: Diagnosis }>,
): Promise<{ readonly found?: Diagnosis; readonly error?: Error & { readonly next?: string } }> {
	try {
		return { found: (await asked()).body };
	} catch (error) {
		if (exitOfError(error) === undefined) throw error;
		return { error: error as Error };
	}
}

async function signedIn(
	around: Around,
	scope: string | undefined,
	way: Way | undefined,
): Promise<{ readonly token?: string; readonly rights: readonly FoundRight[] }> {
	let from: Way | undefined;
	const ask = tokens(around, scope, way, undefined, (one) => {
		from = one;
	});
	try {
		const token = await ask();
		const right = `There is a token, from ${from === "env" ? "ROTATOR_TOKEN" : from}.`;
		const rights = tokenRights(token, scope, around.env.ROTATOR_TENANT || undefined, around.now());
		return { token, rights: [{ right, result: "ok" }, ...rights] };
	} catch (error) {
		const { message, next, code } = error as Error & { readonly next: string; readonly code?: unknown };
		if (exitOfError(error) !== exits.signIn && code !== "usage") throw error;
		return { rights: [{ right: "There is a token.", result: "missing", says: message, next }] };
	}
}

function sameVersion(apps: string): FoundRight {
	const right = `This command is of the app's version, ${apps}.`;
	if (apps === version) return { right, result: "ok" };
	const next = "Bring the older one up to date; docs/rotator.md says how the command is installed.";
	return { right, result: "missing", optional: true, says: `It is of version ${version}.`, next };
}

/** Of what is not deployed yet. */
async function ahead(file: string, given: Given, around: Around): Promise<number> {
	const { lookAhead } = await import("../doctor/ahead/index.ts");
	const { secret } = given;
	const { configuration, secrets } = await lookAhead(file, { secret, env: around.env, now: around.now() });
	const branches = [{ title: "Here", systems: [configuration] }, ...branchesOf(secrets)];
	show(branches, { configuration, secrets }, given, around);
	const all = branches.flatMap(({ systems }) => systems.flatMap(({ rights }) => rights));
	return all.some(isWrong) ? exits.endedBadly : exits.done;
}

const branchesOf = (secrets: Diagnosis["secrets"] = []): Branch[] =>
	secrets.map(({ secret, systems }) => ({ title: secret, systems }));

function show(branches: readonly Branch[], whole: object, given: Given, around: Around): void {
	const lines = branches.flatMap(({ title, systems }) =>
		systems.flatMap(({ system, rights }) => rights.map((right) => ({ of: title, system, ...right }))),
	);
	print(
		around,
		given.output,
		whole,
		lines,
		({ of, system, right }) => `${of}: ${system}: ${right}`,
		() => `${treeOf(branches, stdoutLook(around), given.all ?? false)}\n${summaryOf(lines)}`,
	);
}
