// Runs what the doctor prints for a cluster as kubectl would, without kubectl.

import { parseArgs } from "node:util";
import { expect } from "@jest/globals";
import { type Api, at } from "../../packages/kubernetes-api/index.ts";

const group = "rbac.authorization.k8s.io";

/** @param command `kubectl create role ... | kubectl apply ... && kubectl create rolebinding ... | kubectl apply ...` */
export async function granted(api: Api, command: string): Promise<void> {
	for (const one of command.split(" && ")) {
		const [made = "", applied] = one.split(" --dry-run=client --output yaml | ");
		expect(applied).toBe("kubectl apply --filename -");
		const [program, create, what, name, ...rest] = made.split(" ");
		expect([program, create]).toEqual(["kubectl", "create"]);
		const names = ["namespace", "verb", "resource", "resource-name", "role", "user"];
		const options = Object.fromEntries(names.map((key) => [key, { type: "string" as const }]));
		const { values } = parseArgs({ args: rest, options, strict: true });
		const [resource = "", ...groups] = `${values.resource ?? ""}`.split(".");
		const apiVersion = `${group}/v1`;
		const named = values["resource-name"] === undefined ? {} : { resourceNames: [values["resource-name"]] };
		const rules = [{ apiGroups: [groups.join(".")], resources: [resource], verbs: [values.verb], ...named }];
		const roleRef = { apiGroup: group, kind: "Role", name: values.role };
		const subjects = [{ apiGroup: group, kind: "User", name: values.user }];
		const metadata = { name, namespace: values.namespace };
		const body =
			what === "role"
				? { apiVersion, kind: "Role", metadata, rules }
				: { apiVersion, kind: "RoleBinding", metadata, roleRef, subjects };
		await api.apply(at(apiVersion, `${what}s`, `${values.namespace}`, name), body);
	}
}
