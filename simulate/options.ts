// The simulation's options: read, checked by the product's own configuration, explained.

import { parseArgs } from "node:util";
import { Configuration, type ManagedSecret, wrongTogether } from "../src/lib/config/configuration.ts";
import type { Calendar } from "../src/lib/domain/calendar.ts";

export const help = `A year of rotations on a virtual clock: the product's own policy, spread, windows, caps and waits; calls counted on the
local stack, and estimates of how long each takes in Azure. Shows peaks, lateness and cost (docs/capacity.md).

Usage: npm run -s simulate -- [options]

  --secrets N[,N...]     how many are managed (1 to 100000, default 1000); several numbers: a column each
  --days N               for how many days (1 to 1000, default 365)
  --vaults N             in how many vaults, one after the other (default: one per 1,000 secrets)
  --servers N            on how many servers (default: one per 100 secrets)
  --namespaces N         in how many namespaces (default: one per 20 secrets)
  --rotate-every-days N  as in the configuration (default 90)
  --spread-days N        as in the configuration (default 0)
  --import-days N        all were created within so many days before it begins: 0.02 are half an hour (default: --rotate-every-days)
  --deliveries-at-once N as in the configuration: rotations in one namespace at once (default: any number)
  --window "CRON MINUTES ZONE"
                         rotations start only then, as windows of the configuration do; may be given more than once
  --freeze "FROM TO"     none start by themselves then (ISO 8601 with offset); may be given more than once
  --seed N               whole number that decides who was created when (default 1)
  --svg FOLDER           also draws peaks.svg and lateness.svg there
  --markdown             the table as Markdown
  --json                 one JSON object on standard output; nothing else
  --help

The year begins on 2026-01-01. Each app has 1,000 secrets, which one sweep judges within a minute; more of them are so many apps.

Examples:
  npm run -s simulate -- --secrets 100,10000
  npm run -s simulate -- --secrets 10000 --import-days 1 --spread-days 30 --svg out
  npm run -s simulate -- --secrets 5000 --window "0 2 * * 2,4 240 Europe/Berlin" --json

Exit code: 0 simulated, 1 failed, 2 wrong options.
`;

export interface Options {
	readonly secrets: number;
	readonly days: number;
	readonly vaults: number;
	readonly servers: number;
	readonly namespaces: number;
	readonly importDays: number;
	readonly seed: number;
	/** What the configuration says of every secret: the product's defaults where no option does. */
	readonly secret: ManagedSecret;
	readonly freezes: Calendar["freezes"];
	readonly writesPer10Seconds: number;
	readonly sessionsAtOnce: number;
	/** `Infinity`: any number. */
	readonly deliveriesAtOnce: number;
}

interface Given {
	readonly help: boolean;
	readonly json: boolean;
	readonly markdown: boolean;
	readonly svg?: string | undefined;
	/** One for each size. */
	readonly runs: readonly Options[];
}

/** What one sweep judges within a minute; a configuration may have twenty times as many. */
export const secretsAnApp = 1_000;
/** The configuration's own limits (config/configuration.ts). */
const mostVaults = 200;
const mostServers = 2_000;

/** @throws Error a sentence that names the option, what was given and what is allowed */
export function optionsIn(args: readonly string[]): Given {
	const { values } = parseArgs({
		args: [...args],
		options: {
			secrets: { type: "string", default: "1000" },
			days: { type: "string", default: "365" },
			vaults: { type: "string" },
			servers: { type: "string" },
			namespaces: { type: "string" },
			"rotate-every-days": { type: "string", default: "90" },
			"spread-days": { type: "string", default: "0" },
			"import-days": { type: "string" },
			"deliveries-at-once": { type: "string" },
			window: { type: "string", multiple: true, default: [] },
			freeze: { type: "string", multiple: true, default: [] },
			seed: { type: "string", default: "1" },
			svg: { type: "string" },
			markdown: { type: "boolean", default: false },
			json: { type: "boolean", default: false },
			help: { type: "boolean", default: false },
		},
	});
	const { help, json, markdown, svg } = values;
	if (json && markdown) throw new Error("--json and --markdown are two forms of one output; leave one of them out");
	const sizes = values.secrets.split(",").map((text) => whole("secrets", text, 1, 100_000));
	if (svg !== undefined && sizes.length > 1) throw new Error("--svg draws one size; give one number to --secrets");
	const rotateEveryDays = whole("rotate-every-days", values["rotate-every-days"], 1, 730);
	const configured = configurationOf({
		rotateEveryDays,
		spreadDays: whole("spread-days", values["spread-days"], 0, 60),
		deliveriesAtOnce:
			values["deliveries-at-once"] && whole("deliveries-at-once", values["deliveries-at-once"], 1, 1_000),
		windows: values.window.map(windowIn),
		freezes: values.freeze.map(freezeIn),
	});
	const runs = sizes.map((secrets): Options => {
		const apps = Math.ceil(secrets / secretsAnApp);
		const upTo = (name: "vaults" | "servers" | "namespaces", most: number, usual: number) =>
			values[name] === undefined ? usual : whole(name, values[name], 1, Math.min(most, secrets));
		return {
			secrets,
			days: whole("days", values.days, 1, 1_000),
			vaults: upTo("vaults", apps * mostVaults, apps),
			servers: upTo("servers", apps * mostServers, Math.ceil(secrets / 100)),
			namespaces: upTo("namespaces", secrets, Math.ceil(secrets / 20)),
			importDays: daysIn("import-days", values["import-days"] ?? `${rotateEveryDays}`, rotateEveryDays),
			seed: whole("seed", values.seed, 0, 2 ** 31 - 1),
			...configured,
		};
	});
	return { help, json, markdown, svg, runs };
}

function whole(name: string, text: string, least: number, most: number): number {
	const value = Number(text);
	if (text.trim() === "" || !Number.isInteger(value) || value < least || value > most)
		throw new Error(`--${name} is "${text}"; give a whole number from ${least} to ${most}`);
	return value;
}

function daysIn(name: string, text: string, most: number): number {
	const value = Number(text);
	if (text.trim() === "" || !(value >= 0.001 && value <= most))
		throw new Error(`--${name} is "${text}"; give days from 0.001 to ${most}`);
	return value;
}

/** Five parts of cron, minutes, zone. */
function windowIn(text: string) {
	const parts = text.trim().split(/\s+/);
	if (parts.length !== 7)
		throw new Error(`--window is "${text}"; give "CRON MINUTES ZONE", such as "0 2 * * 2,4 240 Europe/Berlin"`);
	return { cron: parts.slice(0, 5).join(" "), minutes: Number(parts[5]), zone: parts[6] };
}

function freezeIn(text: string) {
	const [from, to, ...more] = text.trim().split(/\s+/);
	if (to === undefined || more.length > 0)
		throw new Error(
			`--freeze is "${text}"; give "FROM TO", such as "2026-12-20T00:00:00+01:00 2027-01-02T00:00:00+01:00"`,
		);
	return { from, to, reason: "simulated" };
}

/** As a configuration of one secret: what that refuses, nobody could run. */
function configurationOf(given: { freezes: object[]; deliveriesAtOnce?: unknown; [field: string]: unknown }) {
	const { freezes, deliveriesAtOnce, ...schedule } = given;
	const read = Configuration.safeParse({
		vaults: { vault: { url: "https://vault.vault.azure.net" } },
		servers: { server: { host: "server.example.org" } },
		clusters: { cluster: { server: "https://cluster.example.org", deliveriesAtOnce } },
		freezes,
		secrets: {
			secret: {
				...{ vault: "vault", server: "server", role: "role", login: { mode: "self" } },
				...schedule,
				derived: [{ secret: "derived", template: "{password}" }],
				consumers: [
					{
						...{ cluster: "cluster", namespace: "namespace", kind: "Deployment", name: "workload" },
						delivery: { path: "csi-driver", secretProviderClass: "class" },
					},
				],
			},
		},
	});
	const said = read.success
		? wrongTogether(read.data).map(({ path, message }) => `${path.join(".")} ${message}`)
		: read.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
	if (!read.success || said.length > 0) throw new Error(`The configuration would be refused: ${said.join("; ")}`);
	const { config } = { config: read.data };
	return {
		secret: config.secrets.secret!,
		freezes: config.freezes,
		writesPer10Seconds: config.vaults.vault!.writesPer10Seconds,
		sessionsAtOnce: config.servers.server!.sessionsAtOnce,
		deliveriesAtOnce: config.clusters.cluster!.deliveriesAtOnce ?? Number.POSITIVE_INFINITY,
	};
}
