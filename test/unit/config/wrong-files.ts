// Configuration files as people get them wrong, each a few changes away from one that is right.

export const right = `vaults:
  main:
    url: https://titanic-kv-prod.vault.azure.net
servers:
  pg:
    host: pg.example.org
clusters:
  aks:
    server: https://aks.example.org
secrets:
  db-password:
    vault: main
    server: pg
    role: titanic_admin
    login:
      mode: self
    consumers:
      - cluster: aks
        namespace: titanic-api
        kind: Deployment
        name: titanic-api
        delivery:
          path: csi-driver
          secretProviderClass: titanic-kv-secrets
`;

/** A configuration of several files, and the first one of them. */
export type Files = { readonly first: string } & Readonly<Record<string, string>>;

/** @param lines what stands for the first text that is found; a function is given the whole */
const changed = (found: string, lines: string): string => {
	if (!right.includes(found)) throw new Error(`The file has no ${found}.`);
	return right.replace(found, () => lines);
};
const withMore = (lines: string): string => changed("    login:\n", `${lines}    login:\n`);
const second = "  other-key:\n    vault: main\n    strategy: random-value\n";
/** Two entries. */
const two = `${right}${second}`;
const latin1 = (text: string) => Buffer.from(text, "latin1");

/** What is wrong, and the file. */
export const wrongFiles: Readonly<Record<string, string | Buffer | Files>> = {
	// The form of the file.
	"an empty file": "",
	"only comments": "# vaults go here\n\n",
	"a tab as indent": changed("    url:", "\turl:"),
	"a key given twice": changed("    role: titanic_admin\n", "    role: titanic_admin\n    role: titanic_reader\n"),
	"an entry given twice": `${right}  db-password:\n    vault: main\n    strategy: random-value\n`,
	"a part given twice": `${right}vaults: {}\n`,
	"a merge key": changed(
		"secrets:\n",
		"secrets:\n  api-key: &a\n    vault: main\n    strategy: random-value\n  other-key:\n    <<: *a\n",
	),
	"UTF-16, as PowerShell writes it": Buffer.from(`\ufeff${right}`, "utf16le"),
	"UTF-16 without a mark": Buffer.from(right, "utf16le"),
	"Latin-1": latin1(changed("    role: titanic_admin", "    role: pächter")),
	"a binary file": Buffer.from([0x30, 0x82, 0x04, 0x00, 0x13, 0x25, 0x40, 0x41, 0x42, 0x43]),
	"a quotation mark that is not closed": changed("host: pg.example.org", 'host: "pg.example.org'),
	"a line that is not indented enough": changed("    server: pg\n", "   server: pg\n"),
	"a colon in a value": changed("    login:\n", "    random: a: b\n    login:\n"),
	"a value that begins with @": changed("titanic_admin", "@titanic"),
	"a value that begins with %": changed("titanic_admin", "%ROLE%"),
	"a bracket that is not closed": changed("    login:\n      mode: self\n", "    login: { mode: self\n"),
	"two documents": `${right}---\n${right}`,
	"a tag": changed("host: pg.example.org", "host: !secret pg"),
	"a reference to nothing": changed("host: pg.example.org", "host: *db"),
	"a list": "- vaults\n- servers\n",
	"a sentence": "Please see the wiki.\n",
	// Names.
	"a part that is called otherwise": changed("secrets:\n", "secretz:\n"),
	"an option that is misspelt": withMore("    rotateEvryDays: 30\n"),
	"two options, of which one is misspelt": withMore("    rotateEveryDay: 30\n    colour: red\n"),
	"an option of another program": withMore("    rotationLambdaARN: arn\n"),
	"a vault that is misspelt": changed("vault: main", "vault: mian"),
	"a server that there is not": changed("server: pg", "server: postgres"),
	"a cluster that is misspelt, in capitals": changed("cluster: aks", "cluster: AKS"),
	"a strategy that is misspelt": withMore("    strategy: single-usr\n"),
	"a kind in small letters": changed("kind: Deployment", "kind: deployment"),
	"a kind that there is not": changed("kind: Deployment", "kind: Pod"),
	"a delivery path that is misspelt": changed("path: csi-driver", "path: csi"),
	"a login mode that there is not": changed("mode: self", "mode: password"),
	"a secret's name with an underscore": changed("  db-password:\n", "  db_password:\n"),
	"a secret's name with a blank": changed("  db-password:\n", "  db password:\n"),
	"a secret named like a pending one": changed("  db-password:\n", "  db-password-pending:\n"),
	// Values.
	"a host with its port": changed("host: pg.example.org", "host: pg.example.org:5432"),
	"a URL for a host": changed("host: pg.example.org", "host: postgres://pg.example.org"),
	"a vault's URL with a path": changed("vault.azure.net", "vault.azure.net/secrets"),
	"a vault without https": changed("https://titanic", "http://titanic"),
	"a vault's name for its URL": changed("https://titanic-kv-prod.vault.azure.net", "titanic-kv-prod"),
	"a placeholder of envsubst": changed("host: pg.example.org", `host: \${DB_HOST}`),
	"a placeholder of a template": changed("https://titanic-kv-prod.vault.azure.net", '"{{ .Values.vault }}"'),
	"the documents' placeholder": changed("titanic-kv-prod.vault", "<name>.vault"),
	"a port as a text": changed("    host: pg.example.org\n", '    host: pg.example.org\n    port: "5432"\n'),
	"a port that is none": changed("    host: pg.example.org\n", "    host: pg.example.org\n    port: 70000\n"),
	"days with their unit": withMore("    rotateEveryDays: 90d\n"),
	"days out of range": withMore("    rotateEveryDays: 1000\n"),
	"yes for true": withMore("    automatic: yes\n"),
	"an entry without anything": changed("secrets:\n", "secrets:\n  other:\n"),
	"a mapping for a list": changed("      - cluster: aks\n        namespace", "        cluster: aks\n        namespace"),
	"no role": changed("    role: titanic_admin\n", ""),
	"no secrets": right.slice(0, right.indexOf("secrets:")),
	"a CA's file that is not there": changed(
		"    host: pg.example.org\n",
		"    host: pg.example.org\n    tls:\n      ca: ca.pem\n",
	),
	// The calendar.
	"a cron expression of six parts": withMore(
		"    windows: [{ cron: 0 0 22 * * *, minutes: 240, zone: Europe/Berlin }]\n",
	),
	"a zone by its short name": withMore("    windows: [{ cron: 0 22 * * *, minutes: 240, zone: GMT+1 }]\n"),
	"a freeze without an offset": `freezes:\n  - { from: 2026-12-20T00:00:00, to: "2027-01-05T00:00:00Z", reason: year end }\n${right}`,
	"a freeze of a secret that is misspelt": `freezes:\n  - { from: "2026-12-20T00:00:00Z", to: "2027-01-05T00:00:00Z", reason: year end, secrets: [db-pasword] }\n${right}`,
	"a freeze that ends before it begins": `freezes:\n  - { from: "2026-12-20T00:00:00Z", to: "2026-01-05T00:00:00Z", reason: year end }\n${right}`,
	// Defaults.
	"a default of an option that is misspelt": `defaults:\n  secrets:\n    rotateEvryDays: 30\n${right}`,
	"a default out of range, which two entries take": `defaults:\n  secrets:\n    rotateEveryDays: 0\n${two}`,
	"a default for neither secrets nor consumers": `defaults:\n  servers:\n    port: 5432\n${right}`,
	"a default of an option in an option, misspelt": `defaults:\n  consumers:\n    delivery:\n      path: csi-driver\n      pollSecond: 120\n${right}`,
	"a default vault that there is not, which one entry takes": `defaults:\n  secrets:\n    vault: mian\n${changed("    vault: main\n", "")}`,
	"an option that neither the entry nor the defaults have": `defaults:\n  secrets:\n    server: pg\n${changed("    vault: main\n", "").replace("    server: pg\n", "")}`,
	// Further files.
	"a file that is not there": `include: [teams/web.yaml]\n${right}`,
	"a pattern that matches nothing": `include: [teams/*.yaml]\n${right}`,
	"a path that leads out": `include: [../web.yaml, /etc/web.yaml, "C:\\\\web.yaml", "https://example.org/web.yaml"]\n${right}`,
	"a file that ends in .txt": `include: [web.txt]\n${right}`,
	"an include without a list": `include: teams/web.yaml\n${right}`,
	"a circle": {
		first: `include: [teams/web.yaml]\n${right}`,
		"teams/web.yaml": "include: [db.yaml]\n",
		"teams/db.yaml": "include: [../first.yaml]\n",
	},
	"one secret in two files": {
		first: `include: [web.yaml]\n${right}`,
		"web.yaml": "secrets:\n  db-password:\n    vault: main\n    strategy: random-value\n",
	},
	"a file that is included twice": {
		first: `include: [web.yaml, "*.yaml"]\n${right}`,
		"web.yaml": "secrets:\n  api-key:\n    vault: main\n    strategy: random-value\n",
	},
	"an included file with what belongs into the first": {
		first: `include: [web.yaml]\n${right}`,
		"web.yaml": "freezes: []\napprovals:\n  required: false\nvalts: {}\n",
	},
	"an included file with a tab": { first: `include: [web.yaml]\n${right}`, "web.yaml": "secrets:\n\tapi-key:\n" },
	"an included file that is empty": { first: `include: [web.yaml]\n${right}`, "web.yaml": "# later\n" },
	"a mistake in an included file": {
		first: `include: [teams/*.yaml]\n${right}`,
		"teams/db.yaml":
			"secrets:\n  other-password:\n    vault: main\n    server: pg\n    role: titanic_admin\n    login:\n      mode: self\n",
		"teams/web.yaml": "secrets:\n  api-key:\n    vault: mian\n    strategy: random-value\n",
	},
	// Several at once.
	"a form, a reference, a role of two secrets and a CA, all wrong": changed(
		"    host: pg.example.org\n",
		"    host: pg.example.org\n    tls:\n      ca: ca.pem\n",
	).replace(
		"mode: self",
		"mode: self\n  reports-password:\n    vault: mian\n    server: pg\n    role: titanic_admin\n    login:\n      mode: self\n  third:\n    vault: main\n    rotateEveryDays: 0\n    server: pg\n    role: third\n    login:\n      mode: self",
	),
};

/** Right, and yet hardly meant. */
export const doubtful: Readonly<Record<string, string>> = {
	"no secret at all": `${right.slice(0, right.indexOf("secrets:"))}secrets: {}\n`,
	"entries that nobody uses": changed(
		"servers:\n",
		"  old:\n    url: https://old-kv.vault.azure.net\nservers:\n",
	).replace("clusters:\n", "clusters:\n  old:\n    server: https://old.example.org\n"),
	"a margin that is shorter than the event's": withMore("    expiryMarginDays: 14\n"),
	"a freeze that is over": `freezes:\n  - { from: "2025-12-20T00:00:00Z", to: "2026-01-05T00:00:00Z", reason: year end }\n${right}`,
	"windows for what only people start": withMore(
		"    automatic: false\n    windows: [{ cron: 0 22 * * *, minutes: 240, zone: Europe/Berlin }]\n",
	),
	"an expiry that always beats the window": withMore(
		"    expiryBeatsWindowDays: 30\n    windows: [{ cron: 0 22 * * *, minutes: 240, zone: Europe/Berlin }]\n",
	),
};
