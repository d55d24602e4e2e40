// Puts back what a vault has lost for good, from its own backups: first it shows what there is, asks for the secret's name, and
// then does it.

import { azureNameOf } from "../../../lib/config/configuration.ts";
import { Fault } from "../../../lib/domain/fault.ts";
import { didYouMean } from "../../../lib/domain/nearest.ts";
import type { Around } from "../around.ts";
import { command, type Values } from "../command.ts";
import { configurationIn } from "../configuration.ts";
import { confirmedByName, saysName } from "../confirm.ts";
import { ownSentence } from "../doctor/ahead/own.ts";
import { exits } from "../exits.ts";
import { usage } from "../parse.ts";
import { type Lost, lookFor, type Place } from "../restore/look.ts";
import { print, printing, stdoutLook, tell } from "../say.ts";
import { type Column, table } from "../table.ts";
import { timeText } from "../times.ts";

const options = {
	config: {
		type: "string",
		value: "FILE",
		what: "The rotation configuration: vault, names, and the container of backups.",
	},
	before: {
		type: "string",
		value: "TIME",
		what: "From the last backup that was made by then: 2026-11-30 or 2026-11-30T06:00:00Z. Absent: the newest.",
	},
	"dry-run": { type: "boolean", what: "Only what is backed up, since when, and what would be restored." },
	...saysName,
	...printing,
} as const;

export const restore = command({
	summary: "Put back a secret that the vault has lost for good, from its own backup",
	details:
		"With your own rights, not the app's, which has none to restore: az for the container (Storage Blob Data Reader) and for the vault (Key Vault Secrets Officer). It shows what is backed up of the secret and of what is derived from it, asks for the secret's name, and restores what is neither live nor deleted there, every version with its id and tags. It refuses where all is there, and where a deleted secret can be recovered. A backup opens only in a vault of the same subscription and geography. Exit code 0: done. 1: refused, or not all could be restored. 2: wrong arguments.",
	takes: [{ name: "NAME" }],
	options,
	examples: [
		["rotator restore db-password --config rotation.config.yaml --dry-run", "what is backed up, and what is lost"],
		["rotator restore db-password --config rotation.config.yaml", "shows it, asks, and does it"],
	],
	operations: [],
	async run({ takes: { NAME: id = "" }, options: given }, around) {
		try {
			return await run(id, given, around);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			tell(around, ownSentence(error), nextOf(error));
			return exits.endedBadly;
		}
	},
});

const rights: Readonly<Partial<Record<Fault["code"], string>>> = {
	"token-unavailable": "Sign in: az login",
	"vault-forbidden": "Ask for the role Key Vault Secrets Officer on that vault, for as long as this takes.",
	"backups-forbidden": "Ask for the role Storage Blob Data Reader on that container, for as long as this takes.",
	"vault-rejected":
		"A backup opens only in a vault of the same subscription and geography as the one that it was made in.",
};
const nextOf = ({ code, next }: Fault): string => rights[code] ?? next;

async function run(id: string, given: Values<typeof options>, around: Around): Promise<number> {
	const { config: file, before: text, output, "dry-run": dryRun = false } = given;
	if (file === undefined) throw usage("No configuration is given.", "Give --config FILE, the rotation configuration.");
	const before = text === undefined ? undefined : timeIn(text);
	const { place, entry } = await placeOf(id, file);
	const found = await lookFor(place, entry, before);
	const shown = { secret: id, vault: place.vault.url, container: place.container.containerUrl, found };
	print(
		around,
		output,
		shown,
		found,
		({ secret }) => secret,
		() => shownAs(found, around),
	);
	const refusal = refusalOf(id, found);
	if (refusal) tell(around, ...refusal);
	if (dryRun) return exits.done;
	if (refusal) return exits.endedBadly;
	const lost = found.filter(({ standing }) => standing === "gone");
	const what = `${lost.map(({ secret }) => secret).join(" and ")} in ${place.vault.url} ${lost.length === 1 ? "is" : "are"} restored from backup.`;
	if (!(await confirmedByName(what, id, given, around))) return exits.usage;
	await restoreAll(place, lost, around);
	tell(
		around,
		`The database may have a newer password: rotator reconcile ${id} --direction database-from-vault --dry-run --wait shows it.`,
	);
	return exits.done;
}

/** @returns why nothing is restored, and what to do */
function refusalOf(id: string, found: readonly Lost[]): readonly [string, string] | undefined {
	const named = (which: readonly Lost[]) => which.map(({ secret }) => secret).join(" and ");
	const deleted = found.filter(({ standing }) => standing === "deleted");
	if (deleted.length > 0)
		return [
			`${named(deleted)} can be recovered: nothing is restored in its place.`,
			`rotator reconcile ${id} --direction database-from-vault brings it back, or az keyvault secret recover.`,
		];
	const gone = found.filter(({ standing }) => standing === "gone");
	if (gone.length === 0)
		return ["All of it is in the vault: nothing is restored.", `For an earlier value: rotator rollback ${id}.`];
	const without = gone.filter(({ from }) => from === undefined);
	if (without.length > 0)
		return [`There is no backup of ${named(without)}.`, "See the runbook, A vault secret is lost for good."];
	return undefined;
}

/** What is derived first: once the managed secret is there again, a sweep finds all of it. */
async function restoreAll({ vault, container }: Place, lost: readonly Lost[], around: Around): Promise<void> {
	const { restoreSecret } = await import("../../../lib/adapters/key-vault/restore.ts");
	const { readBackup } = await import("../../../lib/adapters/blob/backups.ts");
	for (const { secret, from } of [...lost].reverse()) {
		const version = await restoreSecret(vault, secret, await readBackup(container, from!));
		tell(around, `${secret} is restored; its newest version is ${version}.`);
	}
}

async function placeOf(id: string, file: string) {
	const config = await configurationIn(file);
	const entry = Object.hasOwn(config.secrets, id) ? config.secrets[id] : undefined;
	if (!entry)
		throw usage(
			`The configuration has no secret of this name.${didYouMean(id, Object.keys(config.secrets))}`,
			"Give a key of secrets.",
		);
	if (!config.backups)
		throw usage("The configuration names no container of backups.", "Give backups.container (docs/configuration.md).");
	const { azureCredential } = await import("../../../lib/adapters/identity/credential.ts");
	const credential = azureCredential({ AZURE_CLIENT_ID: process.env.AZURE_CLIENT_ID }, process.env);
	const vault = config.vaults[entry.vault]!;
	const place: Place = {
		vault: { name: azureNameOf(vault), url: vault.url, credential },
		container: { containerUrl: config.backups.container, credential },
	};
	return { place, entry };
}

function timeIn(text: string): Date {
	const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text) ? new Date(text) : new Date(Number.NaN);
	if (Number.isNaN(time.getTime()))
		throw usage("--before is not a time.", "Give 2026-11-30 or 2026-11-30T06:00:00Z, in UTC.");
	return time;
}

interface Row {
	readonly secret: string;
	readonly standing: string;
	readonly at?: string;
	readonly version?: string;
	readonly isChosen?: true;
}

const columns: readonly Column<Row>[] = [
	{ title: "SECRET", of: ({ secret }) => secret, least: 16 },
	{
		title: "IN THE VAULT",
		of: ({ standing }) => standing,
		paint: ({ standing }, { good, bad }) => (standing === "there" ? good : bad),
	},
	{ title: "BACKED UP", of: ({ at }) => (at === undefined ? "never" : timeText(at)) },
	{ title: "", of: ({ isChosen }) => (isChosen ? "to restore" : undefined), paint: (_, { good }) => good },
	{ title: "VERSION", of: ({ version }) => version, least: 8, spare: 1 },
];

const mostShown = 10;

function shownAs(found: readonly Lost[], around: Around): string {
	const rows = found.flatMap(({ secret, standing, backups, from }): Row[] => {
		if (backups.length === 0) return [{ secret, standing }];
		return backups
			.filter((one, at) => at < mostShown || one === from)
			.map((one, at) => ({
				secret: at === 0 ? secret : "",
				standing: at === 0 ? standing : "",
				at: one.at,
				version: one.version,
				...(one === from && { isChosen: true as const }),
			}));
	});
	const left = found.reduce((sum, { backups }) => sum + Math.max(0, backups.length - mostShown), 0);
	return table(columns, rows, stdoutLook(around)) + (left > 0 ? `and ${left} older ones: -o json\n` : "");
}
