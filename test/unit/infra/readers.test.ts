// The query of the alert unknown-reader runs over rows as a vault's diagnostic setting writes them, into either table.
// @see https://learn.microsoft.com/azure/key-vault/general/logging for what a vault logs

import { describe, expect, test } from "@jest/globals";
import { run } from "../../support/kql/evaluate.ts";
import { parsed } from "../../support/kql/query.ts";
import type { Row } from "../../support/kql/scalar.ts";
import { blocksOf, textOf } from "../../support/terraform/queries.ts";

const now = new Date("2026-11-27T12:00:00Z");
const [rotator, pod, nobody] = [1, 2, 3].map((id) => `00000000-0000-4000-8000-00000000000${id}`) as [
	string,
	string,
	string,
];
const places = ["titanic-kv/db-password", "titanic-kv/db-password-pending"];
const known = [`${places[0]} ${rotator}`, `${places[1]} ${rotator}`, `${places[0]} ${pod}`];
const listed = (texts: readonly string[]) => JSON.stringify(texts).slice(1, -1);
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: Terraform's own
const query = textOf("readers.kql").replace("${secrets}", listed(places)).replace("${known}", listed(known));
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: Terraform's own

interface Read {
	readonly secret?: string;
	readonly vault?: string;
	readonly reader?: string;
	readonly operation?: string;
	readonly status?: number;
	readonly hoursAgo?: number;
}

const idOf = ({ vault = "titanic-kv", secret = "db-password" }: Read) =>
	`https://${vault}.vault.azure.net/secrets/${secret}/0123456789abcdef0123456789abcdef`;
const timeOf = ({ hoursAgo = 1 }: Read) => new Date(now.getTime() - hoursAgo * 3_600_000);

const tables: Record<string, (read: Read) => Row> = {
	AzureDiagnostics: (read) => ({
		TimeGenerated: timeOf(read),
		ResourceProvider: "MICROSOFT.KEYVAULT",
		OperationName: read.operation ?? "SecretGet",
		httpStatusCode_d: read.status ?? 200,
		id_s: idOf(read),
		identity_claim_oid_g: read.reader ?? nobody,
		CallerIPAddress: "203.0.113.9",
	}),
	AZKVAuditLogs: (read) => ({
		TimeGenerated: timeOf(read),
		OperationName: read.operation ?? "SecretGet",
		HttpStatusCode: read.status ?? 200,
		Id: idOf(read),
		Identity: read.reader === "" ? {} : { claim: { oid: read.reader ?? nobody } },
		CallerIpAddress: "203.0.113.9",
	}),
};

describe.each(Object.entries(tables))("of reads in %s", (table, rowOf) => {
	const found = (...reads: Read[]) => run(query, { [table]: reads.map(rowOf) }, now);

	test("one by an identity that is not known is told: which secret, who, from where", () => {
		expect(found({}, { hoursAgo: 3 })).toEqual([
			{ secret: "titanic-kv/db-password", reader: nobody, At: timeOf({}), address: "203.0.113.9", reads: 2 },
		]);
	});

	test.each<[string, Read]>([
		["by the rotator", { reader: rotator }],
		["by a known reader, however its id is written", { reader: pod.toUpperCase() }],
		["of a secret that is not watched", { secret: "other" }],
		["of a secret whose name begins alike", { secret: "db-password-2" }],
		["of the same name in another vault", { vault: "other-kv" }],
		["that was refused", { status: 403 }],
		["of what does not hold the value", { operation: "SecretListVersions" }],
		["of the day before yesterday", { hoursAgo: 30 }],
	])("one %s is not told", (_, read) => {
		expect(found(read)).toEqual([]);
	});

	test.each<[string, Read]>([
		["of the pending secret, by one who may read the live one", { secret: "db-password-pending", reader: pod }],
		["by a backup, which is restored elsewhere", { operation: "SecretBackup" }],
		["of a secret in whatever letters it was asked for", { secret: "DB-Password", vault: "Titanic-KV" }],
		["by nobody knows whom", { reader: "" }],
	])("one %s is told", (_, read) => {
		expect(found(read)).toHaveLength(1);
	});
});

test("the reader is found where an older diagnostic setting writes it", () => {
	const { identity_claim_oid_g: reader, ...row } = tables.AzureDiagnostics!({ reader: rotator });
	const column = "identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g";
	expect(run(query, { AzureDiagnostics: [{ ...row, [column]: reader! }] }, now)).toEqual([]);
	expect(run(query, { AzureDiagnostics: [{ ...row, [column]: nobody }] }, now)).toHaveLength(1);
});

test("what other resources log in the same table is no matter", () => {
	const row = { ...tables.AzureDiagnostics!({}), ResourceProvider: "MICROSOFT.DBFORPOSTGRESQL" };
	expect(run(query, { AzureDiagnostics: [row] }, now)).toEqual([]);
});

test("its dimensions are columns of the query", async () => {
	const { locals } = await blocksOf("readers.tf");
	const by = /\bby\s*=\s*(\[[^\]]*\])/.exec(JSON.stringify(locals[0].reader_alerts).replaceAll('\\"', '"'))?.[1];
	expect(parsed(query).columns.map(({ name }) => name)).toEqual(expect.arrayContaining(JSON.parse(by ?? "")));
});
