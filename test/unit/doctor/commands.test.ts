// What the doctor tells people to paste into a shell.

import { execFileSync } from "node:child_process";
import { expect, test } from "@jest/globals";
import { assignRole, grantInCluster, listRoles } from "../../../src/lib/doctor/commands.ts";

const objectId = "0f5d9a1c-7b3e-4a1e-9d0b-5f0e7a526f0b";
const rule = { verb: "get", group: "external-secrets.io", resource: "externalsecrets", namespace: "titanic-api" };

test("a role is assigned on the one secret, by the name that infra/ gives it", () => {
	const scope = { vaultName: "titanic-kv", of: "secrets/db-password" };
	expect(assignRole("managed", scope, { objectId, name: "prod" })).toBe(
		`az role assignment create --assignee-object-id ${objectId} --assignee-principal-type ServicePrincipal --role "Secret rotator prod: managed" --scope "$(az keyvault show --name titanic-kv --query id --output tsv)"/secrets/db-password`,
	);
	expect(assignRole("vault", { vaultName: "titanic-kv" }, {})).toContain('--role "Secret rotator <name>: vault"');
	expect(listRoles(scope, { objectId })).toContain(`--assignee ${objectId} `);
});

test("a right in a cluster is a Role of its own and its binding: none that is there is changed", () => {
	const role = "titanic-secret-rotator-get-externalsecrets.external-secrets.io-titanic-api";
	const applied = "--dry-run=client --output yaml | kubectl apply --filename -";
	expect(grantInCluster({ ...rule, name: "titanic-api" }, objectId)).toBe(
		`kubectl create role ${role} --namespace titanic-api --verb get --resource externalsecrets.external-secrets.io --resource-name titanic-api ${applied} && kubectl create rolebinding ${role} --namespace titanic-api --role ${role} --user ${objectId} ${applied}`,
	);
	expect(grantInCluster({ ...rule, resource: "pods", group: "" }, objectId)).toContain(
		"--verb get --resource pods --dry",
	);
});

const hostile = ["$(touch /tmp/x)", "a; rm -rf /", "`id`", "a\nb", "'", '"', "--all", "-x", "a b", "|", ""];

test.each(hostile)("what somebody has written into an object gets no word of its own in a shell: %j", (name) => {
	const texts = [
		grantInCluster({ ...rule, name }, name),
		grantInCluster({ ...rule, namespace: name }, objectId),
		assignRole("managed", { vaultName: name, of: `secrets/${name}` }, { objectId: name, name }),
		listRoles({ vaultName: name, of: `keys/${name}` }, { objectId: name }),
	];
	for (const text of texts) {
		// The programs are functions here that print what they are called with.
		const script = `az() { printf '%s\\n' az "$@"; }; kubectl() { printf '%s\\n' kubectl "$@"; }; rm() { echo RM; }; touch() { echo TOUCH; }; id() { echo ID; }; ${text}`;
		const said = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).split("\n");
		expect(said.filter((word) => ["RM", "TOUCH", "ID", "--all", "-x"].includes(word))).toEqual([]);
		expect(said.join("\n")).not.toMatch(/\/tmp\/x|uid=/);
	}
});
