/** What people do with kubectl itself: it asks for more than a client library does before it writes anything. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Subject } from "./subject.ts";

const isHere = spawnSync("kubectl", ["version", "--client"]).status === 0;
if (!isHere) console.info("Not run: what kubectl does to a cluster. There is no kubectl on the PATH.");

export const kubectl = (subject: () => Subject): void => {
	if (!isHere) return;
	let folder: string;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), "kubectl-"));
		writeFileSync(join(folder, "config"), subject().cluster.kubeConfig().exportConfig(), { mode: 0o600 });
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	const run = async (command: string): Promise<string> => {
		const env = { ...process.env, KUBECONFIG: join(folder, "config"), HOME: folder };
		return (await promisify(execFile)("/bin/sh", ["-c", command], { env })).stdout;
	};

	test("a Role and its binding are applied, and once more: there is one of each", async () => {
		const namespace = await subject().namespace();
		const of = `reader --namespace ${namespace}`;
		const apply = "--dry-run=client --output yaml | kubectl apply --filename -";
		for (let round = 0; round < 2; round++) {
			await run(`kubectl create role ${of} --verb get --resource deployments.apps --resource-name web ${apply}`);
			await run(`kubectl create rolebinding ${of} --role reader --user jane ${apply}`);
		}
		const names = (await run(`kubectl get role,rolebinding --namespace ${namespace} --output name`)).trim().split("\n");
		expect(names).toEqual(["role.rbac.authorization.k8s.io/reader", "rolebinding.rbac.authorization.k8s.io/reader"]);
		const rule = await run(`kubectl get role ${of} --output jsonpath={.rules}`);
		expect(JSON.parse(rule)).toEqual([
			{ apiGroups: ["apps"], resources: ["deployments"], resourceNames: ["web"], verbs: ["get"] },
		]);
	});
};
