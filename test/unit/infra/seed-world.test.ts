// The whole world of infra/examples/complete and the workload's manifests are two halves of one thing: what one names, the
// other has. Otherwise: the pods get no token, or the vault has no such secret, and nothing says why.

import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { build } from "../../../local/kustomize/index.ts";
import { type Body, type Module, readModule } from "../../support/terraform/module.ts";

const root = join(import.meta.dirname, "..", "..", "..");
let terraform: Module;
let manifests: Awaited<ReturnType<typeof build>>;
beforeAll(async () => {
	terraform = await readModule(join(root, "infra/examples/complete"));
	manifests = await build(join(root, "examples/titanic-api/overlays/production"));
});

// biome-ignore lint/suspicious/noExplicitAny: manifests of any kind
const manifest = (kind: string): any => manifests.find((one) => one.kind === kind);
const resource = (type: string): Body => terraform.blocks.find((block) => block.type === type)!.body;

describe("the seed world", () => {
	test("gives its token to the workload's service account", () => {
		const { namespace, name } = manifest("ServiceAccount").metadata;
		const { subject } = resource("azurerm_federated_identity_credential");
		expect(subject).toBe(`system:serviceaccount:${namespace}:${name}`);
	});

	test("has the secrets that the workload mounts", () => {
		const { array } = parse(manifest("SecretProviderClass").spec.parameters.objects) as { array: string[] };
		const mounted = array.map((object) => parse(object).objectName as string);
		const made = resource("azurerm_key_vault_secret").for_each as string;
		expect([...made.matchAll(/"([\w-]+)"/g)].map(([, name]) => name).toSorted()).toEqual(mounted.toSorted());
	});

	test("has the workload delivered to that the manifests deploy", () => {
		const { secrets } = terraform.calls.get("rotator") as { secrets: Record<string, { consumers: object[] }> };
		const { namespace, name } = manifest("Deployment").metadata;
		const secretProviderClass = manifest("SecretProviderClass").metadata.name;
		expect(secrets["db-password"]?.consumers).toEqual([
			expect.objectContaining({
				namespace,
				name,
				kind: "Deployment",
				delivery: { path: "csi-driver", secretProviderClass },
			}),
		]);
	});
});
