// Thousands of secrets: reading them costs little beside what parsing the YAML costs, and grows with their number, not with its square.

import { expect, test } from "@jest/globals";
import { parseDocument } from "yaml";
import { checkConfiguration } from "../../../src/lib/config/load.ts";
import { folderSource } from "../../../src/lib/config/source.ts";

const head = `vaults: { main: { url: https://titanic-kv-prod.vault.azure.net } }
clusters: { aks: { server: https://aks.example.org } }
defaults:
  secrets:
    vault: main
    login: { mode: self }
    windows: [{ cron: 0 22 * * *, minutes: 240, zone: Europe/Berlin }]
  consumers:
    cluster: aks
    kind: Deployment
    delivery: { path: csi-driver, secretProviderClass: classes }
`;
const entry = (at: number) => `  db-${at}:
    server: pg-${at % 50}
    role: app_${at}
    derived:
      - secret: db-${at}-url
        template: postgresql://{role}:{password}@{host}:{port}/{database}
    consumers:
      - namespace: team-${at % 200}
        name: web-${at}
`;
const entries = (count: number, of: (at: number) => string) =>
	Array.from({ length: count }, (_, at) => of(at)).join("");
const withSecrets = (count: number, lines = head) =>
	`${lines}servers:\n${entries(50, (at) => `  pg-${at}: { host: pg-${at}.example.org }\n`)}secrets:\n${entries(count, entry)}`;

const check = (text: string) =>
	checkConfiguration({ name: "first.yaml", text }, folderSource("."), ".", new Date("2026-11-30T06:00:00Z"));

/** CPU time counts, since others use the machine too. */
async function cpuMsOf(work: () => unknown): Promise<number> {
	const before = process.cpuUsage();
	await work();
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1_000;
}

test("5,000 secrets are loaded at a few times the cost of parsing them, and at about the same for each as 1,000", async () => {
	const [few, many] = [withSecrets(1_000), withSecrets(5_000)];
	await check(few);
	const parsing = await cpuMsOf(() => parseDocument(many, { uniqueKeys: false }).toJS());
	const loading = await cpuMsOf(async () => expect(await check(many)).toHaveProperty("config"));
	const fewer = await cpuMsOf(() => check(few));
	const [toParsing, growth] = [loading / parsing, loading / fewer];
	console.info(
		`5,000 secrets: parsing ${parsing.toFixed(0)} ms, loading ${toParsing.toFixed(1)} times that, and ${growth.toFixed(1)} times 1,000 secrets`,
	);
	expect(toParsing).toBeLessThan(8);
	// With the square of the number it would be 25.
	expect(growth).toBeLessThan(15);
}, 120_000);

test("a default that 1,000 entries take and that is wrong is one problem", async () => {
	const wrong = withSecrets(1_000, head.replace("vault: main", "vault: mian"));
	expect(await check(wrong)).toEqual({
		problems: [
			{
				path: "defaults.secrets.vault",
				...{ line: 5, column: 12 },
				message: 'is "mian", which is not one of vaults; did you mean main? (taken by secrets["db-0"] and 999 more)',
			},
		],
	});
}, 60_000);
