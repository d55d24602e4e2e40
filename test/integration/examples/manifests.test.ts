// The example's manifests, built: every overlay with every variant.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { build } from "../../../local/kustomize/index.ts";
import { type Fields, listAt, type Manifest, valueAt } from "../../../packages/kubernetes-api/index.ts";
import { configCheck } from "../../../src/cli/config-check.ts";
import { kubernetesRights } from "../../../src/cli/config-docs/rights.ts";
import { secretFileIn } from "../../../src/lib/paths/flux-sops/sops/secret-file.ts";
import { pathNames } from "../../../src/lib/paths/index.ts";
import { builtByTheRealOne, combinations, example, kinds, overlays, unordered, variants } from "./titanic-api.ts";

const { all, dispose } = combinations();
afterAll(dispose);
const fluxObjects = { title: "Flux's own objects", folder: join(example, "variants/flux-sops/cluster") };
const yamlOf = (file: string) => parse(readFileSync(join(example, file), "utf8"));
const find = (objects: Manifest[], kind: string, name?: string) => {
	const found = objects.find((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
	if (!found) throw new Error(`There is no ${kind} ${name ?? ""}.`);
	return found;
};

const real = builtByTheRealOne(all[0]!.folder) !== undefined;
if (!real)
	console.info(
		"There is neither kustomize nor a kubectl with Kustomize 4 or later on the PATH: what local/kustomize builds is not " +
			"compared with the real one.",
	);
(real ? test : test.skip).each([...all, ...kinds, fluxObjects])(
	"the real kustomize builds the same: $title",
	async ({ folder }) => {
		expect(unordered(await build(folder))).toEqual(unordered(builtByTheRealOne(folder)));
	},
);

describe.each(all)("$title", ({ overlay, variant, folder }) => {
	const { data: settings } = yamlOf(`overlays/${overlay}/settings.yaml`) as { data: Record<string, string> };
	let objects: Manifest[];
	beforeAll(async () => {
		objects = await build(folder);
	});

	test("no placeholder is left, nothing waits for Flux to substitute it, and the settings are not applied", () => {
		const text = JSON.stringify(objects);
		expect(text).not.toContain("set-by-the-overlay");
		expect(text).not.toContain("${");
		expect(objects.map(({ kind }) => kind)).not.toContain("ConfigMap");
	});

	test("every identity is this environment's", () => {
		const annotations = find(objects, "ServiceAccount").metadata.annotations;
		expect(annotations?.["azure.workload.identity/client-id"]).toBe(settings.clientId);
		const users = objects.filter(({ kind }) => kind === "RoleBinding").flatMap((one) => listAt(one, "subjects"));
		expect(new Set(users.map(({ name }) => name))).toEqual(new Set([settings.rotatorObjectId]));
	});

	test("the vault is this environment's", () => {
		const [vaultName] = settings.vaultHost!.split(".");
		/** Where a variant names the vault; one that names none does not compile. */
		const places: Record<string, () => unknown> = {
			"csi-driver": () => valueAt(find(objects, "SecretProviderClass"), "spec.parameters"),
			"external-secrets": () => valueAt(find(objects, "SecretStore"), "spec.provider.azurekv"),
			"workload-identity": () => containerOf(objects).env,
			"kubernetes-secret": () => undefined,
			"flux-sops": () => undefined,
			"kustomize-generator": () => undefined,
		};
		const expected: Record<string, unknown> = {
			"csi-driver": expect.objectContaining({
				keyvaultName: vaultName,
				tenantId: settings.tenantId,
				clientID: settings.clientId,
			}),
			"external-secrets": expect.objectContaining({
				vaultUrl: `https://${settings.vaultHost}`,
				tenantId: settings.tenantId,
			}),
			"workload-identity": expect.arrayContaining([{ name: "KEY_VAULT_URL", value: `https://${settings.vaultHost}` }]),
		};
		expect(places[variant]?.()).toEqual(expected[variant]);
	});

	test("the pods are hardened, and find each secret in one place", () => {
		const pod = valueAt(find(objects, "Deployment"), "spec.template.spec") as Fields;
		expect(pod).toMatchObject({ serviceAccountName: "titanic-api-sa", securityContext: { runAsNonRoot: true } });
		const container = containerOf(objects);
		expect(container.image).toMatch(/^titanicacr\.azurecr\.io\/titanic-api:\d/);
		expect(container.securityContext).toEqual({
			allowPrivilegeEscalation: false,
			readOnlyRootFilesystem: true,
			capabilities: { drop: ["ALL"] },
		});
		for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) expect(container).toHaveProperty(probe);
		const fromSecret = listAt(container, "env").map((one) => valueAt(one, "valueFrom.secretKeyRef.name"));
		const [volume] = listAt(pod, "volumes");
		if (variant === "workload-identity") {
			expect(fromSecret.filter(Boolean)).toEqual([]);
			expect(volume).toBeUndefined();
		} else {
			// What Flux decrypts for the rotator holds what is rotated and nothing else.
			const session = /flux|generator/.test(variant) ? "titanic-api-session" : "titanic-api-secrets";
			const copy = variant === "kustomize-generator" ? generatedIn(objects) : "titanic-api-secrets";
			expect(fromSecret.filter(Boolean)).toEqual([copy, copy, session]);
			expect(Object.keys(volume ?? {})).toEqual(["name", variant === "csi-driver" ? "csi" : "secret"]);
		}
	});

	test("the rotator's Roles have the rights that the list has for this path, no more and no less", () => {
		const granted = grantedTo(settings.rotatorObjectId!, objects);
		const rolls = variant !== "kustomize-generator";
		const kind = rightsOf("Deployment").filter(({ verb }) => rolls || verb !== "patch");
		expect(granted).toEqual(listedIn(rightsOf("every path"), kind, rightsOf(variant)));
	});

	test("the rotator may change only what is named, and list no Secret", () => {
		const rules = objects
			.filter(({ kind }) => kind === "Role")
			.flatMap((role) => listAt(role, "rules") as unknown as Rule[]);
		expect(JSON.stringify(rules)).not.toContain("*");
		for (const { resources, resourceNames = [], verbs } of rules) {
			const names = verbs.some((verb) => !["get", "list"].includes(verb)) || resources.includes("secrets");
			// A name with a hash cannot be given beforehand.
			const isHashed = variant === "kustomize-generator" && resources.includes("secrets");
			if (names) expect(resourceNames).toHaveLength(isHashed ? 0 : 1);
			if (resources.includes("secrets")) expect(verbs).not.toContain("list");
		}
	});
});

/** The one that Kustomize has made, by its name. */
const generatedIn = (objects: Manifest[]): string =>
	objects.find(({ kind, metadata }) => kind === "Secret" && /^titanic-api-secrets-\w{10}$/.test(metadata.name))
		?.metadata.name ?? "";

/** What the example calls the things that the list of rights speaks of. */
const titles: Record<string, string> = {
	workload: "titanic-api",
	SecretProviderClass: "titanic-kv-secrets",
	ExternalSecret: "titanic-api-secrets",
	SecretStore: "titanic-kv",
	GitRepository: "titanic-api",
	Kustomization: "titanic-api",
	ServiceAccount: "titanic-api-sa",
	copy: "titanic-api-secrets",
};

/** What the Roles give that are bound to this user: `get apps/deployments titanic-api`. */
function grantedTo(user: string, objects: Manifest[]): string[] {
	const bound = objects
		.filter(({ kind }) => /^(Cluster)?RoleBinding$/.test(kind))
		.filter((one) => listAt(one, "subjects").some(({ name }) => name === user))
		.map((one) => valueAt(one, "roleRef") as Fields);
	expect(bound.filter(({ kind }) => kind !== "Role")).toEqual([]);
	const rules = bound.flatMap(({ name }) => listAt(find(objects, "Role", String(name)), "rules"));
	const granted = (rules as unknown as Rule[]).flatMap(({ apiGroups, resources, resourceNames = [""], verbs }) =>
		apiGroups.flatMap((group) =>
			resources.flatMap((resource) =>
				resourceNames.flatMap((name) => verbs.map((verb) => `${verb} ${group}/${resource} ${name}`.trim())),
			),
		),
	);
	return granted.sort();
}

const rightsOf = (what: string) => kubernetesRights[what]!.rights;
const listedIn = (...parts: readonly ReturnType<typeof rightsOf>[]): string[] =>
	parts
		.flat()
		.map(({ verb, group, resource, named }) => `${verb} ${group}/${resource} ${named ? titles[named] : ""}`.trim())
		.sort();

interface Rule {
	apiGroups: string[];
	resources: string[];
	resourceNames?: string[];
	verbs: string[];
}

const containerOf = (objects: Manifest[]) => listAt(find(objects, "Deployment"), "spec.template.spec.containers")[0]!;

describe.each(kinds.filter(({ title }) => title !== "cron-job"))(
	"$title instead of the Deployment",
	({ title, folder }) => {
		const file = join(folder, "rotation.config.yaml");
		const [secret] = Object.values(parse(readFileSync(file, "utf8")).secrets) as [{ consumers: Consumer[] }];
		const { kind } = secret.consumers[0]!;
		let objects: Manifest[];
		beforeAll(async () => {
			objects = await build(folder);
		});

		test("is the same workload otherwise, and is configured under its kind", async () => {
			expect(kind.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()).toBe(title);
			const before = find(await build(join(example, "overlays/production")), "Deployment");
			const now = find(objects, kind);
			expect(now.metadata).toEqual(before.metadata);
			for (const part of ["spec.selector", "spec.template"]) expect(valueAt(now, part)).toEqual(valueAt(before, part));
			expect(objects.map((object) => object.kind)).not.toContain("Deployment");
			expect(await configCheck([file])).toMatchObject({ code: 0 });
		});

		test("gives the rotator the rights that the list has for this kind, no more and no less", () => {
			const { rotatorObjectId } = yamlOf("overlays/production/settings.yaml").data;
			const listed = listedIn(rightsOf("every path"), rightsOf(kind), rightsOf("csi-driver"));
			expect(grantedTo(rotatorObjectId, objects)).toEqual(listed);
		});
	},
);

describe("a CronJob beside the Deployment", () => {
	const folder = join(example, "kinds/cron-job");
	const production = join(example, "overlays/production");
	const named = ({ metadata }: Manifest) => metadata.name !== "titanic-report";

	test("leaves what serves as it is, and takes the password from the same class", async () => {
		const role = ({ kind }: Manifest) => kind === "Role";
		const all = await build(folder);
		const others = all.filter((object) => named(object) && !role(object));
		expect(others).toEqual((await build(production)).filter((object) => !role(object)));
		const { volumes } = valueAt(find(all, "CronJob"), "spec.jobTemplate.spec.template.spec") as { volumes: object[] };
		expect(volumes).toEqual(listAt(find(all, "Deployment"), "spec.template.spec.volumes"));
		expect(await configCheck([join(folder, "rotation.config.yaml")])).toMatchObject({ code: 0 });
	});

	test("gives the rotator the rights that the list has for both kinds, no more and no less", async () => {
		const { rotatorObjectId } = yamlOf("overlays/production/settings.yaml").data;
		const runs = listedIn(rightsOf("CronJob")).map((right) => right.replace(titles.workload!, "titanic-report"));
		const others = listedIn(rightsOf("every path"), rightsOf("Deployment"), rightsOf("csi-driver"));
		const both = [...others, ...runs].sort();
		expect(grantedTo(rotatorObjectId, await build(folder))).toEqual(both);
	});
});

test("the environments differ in vault, identity and size", async () => {
	const settings = overlays.map((overlay) => yamlOf(`overlays/${overlay}/settings.yaml`).data);
	for (const name of ["vaultHost", "clientId", "rotatorObjectId"])
		expect(new Set(settings.map((one) => one[name])).size).toBe(overlays.length);
	const replicas = await Promise.all(
		overlays.map(async (overlay) => {
			const objects = await build(join(example, "overlays", overlay));
			return [overlay, valueAt(find(objects, "Deployment"), "spec.replicas")];
		}),
	);
	expect(Object.fromEntries(replicas)).toEqual({ dev: 1, staging: 2, production: 2 });
});

test("the driver's class fetches what it copies, pins no version, and uses no pod identity", async () => {
	const spc = find(await build(join(example, "overlays/production")), "SecretProviderClass");
	const parameters = valueAt(spc, "spec.parameters") as Record<string, string>;
	expect(parameters.usePodIdentity).toBe("false");
	const objects = (parse(parameters.objects!).array as string[]).map((text) => parse(text));
	expect(objects).toEqual(
		["db-password", "db-connection-string", "flask-secret-key"].map((objectName) => ({
			objectName,
			objectType: "secret",
		})),
	);
	const [copy] = listAt(spc, "spec.secretObjects");
	expect(copy).toMatchObject({ secretName: "titanic-api-secrets", type: "Opaque" });
	expect(listAt(copy!, "data").map(({ objectName }) => objectName)).toEqual(objects.map((one) => one.objectName));
});

describe.each([
	["secret.sops.yaml", ["db-password", "database-url"]],
	["session.sops.yaml", ["flask-secret-key"]],
])("the encrypted Secret of %s", (file, keys) => {
	const text = readFileSync(join(example, "variants/flux-sops", file), "utf8");
	const { data, sops } = parse(text) as {
		data: Record<string, string>;
		sops: { mac: string; encrypted_regex: string; azure_kv: Record<string, string>[] };
	};
	const decoded = (base64: string | undefined) => Buffer.from(base64 ?? "", "base64");

	test("has its values, each encrypted by itself, in a form that the rotator can keep", () => {
		expect(Object.keys(data)).toEqual(keys);
		expect(secretFileIn(text)).toMatchObject({ keys });
		for (const value of [...Object.values(data), sops.mac]) {
			const [, cipher, iv, tag] = /^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:str\]$/.exec(value) ?? [];
			expect([decoded(cipher).length > 0, decoded(iv).length, decoded(tag).length]).toEqual([true, 32, 16]);
		}
	});

	test("was encrypted as .sops.yaml says: these values, with this Key Vault key", () => {
		const [rule] = yamlOf("variants/flux-sops/.sops.yaml").creation_rules;
		expect(file).toMatch(new RegExp(rule.path_regex));
		expect(sops.encrypted_regex).toBe(rule.encrypted_regex);
		const { vault_url, name, version, enc } = sops.azure_kv[0]!;
		expect(`${vault_url}/keys/${name}/${version}`).toBe(rule.azure_keyvault);
		// The data key, by RSA-OAEP with a key of 2048 bits.
		expect(Buffer.from(enc ?? "", "base64url")).toHaveLength(256);
	});
});

/** Kind and name of the object that a variant's configuration is about. */
const named: Record<string, (delivery: Consumer["delivery"]) => [kind: string, name: string | undefined]> = {
	"csi-driver": ({ secretProviderClass }) => ["SecretProviderClass", secretProviderClass],
	"external-secrets": ({ externalSecret }) => ["ExternalSecret", externalSecret],
	"flux-sops": ({ secret }) => ["Secret", secret],
	"kubernetes-secret": ({ secret }) => ["Secret", secret],
	// Its name ends with a hash.
	"kustomize-generator": () => ["Deployment", "titanic-api"],
	"workload-identity": () => ["ServiceAccount", "titanic-api-sa"],
};

describe.each(variants)("the configuration beside %s", (variant) => {
	const file = join(example, "variants", variant, "rotation.config.yaml");
	const [secret] = Object.values(parse(readFileSync(file, "utf8")).secrets) as [{ consumers: Consumer[] }];

	test("is for this path and for the Deployment that the overlays deploy", () => {
		const { namespace, kind, name, delivery } = secret.consumers[0]!;
		expect({ namespace, kind, name }).toEqual({ namespace: "titanic-api", kind: "Deployment", name: "titanic-api" });
		expect(delivery.path).toBe(variant);
	});

	test("is valid, and names what the variant deploys", async () => {
		expect(await configCheck([file])).toMatchObject({ code: 0 });
		const instead = { "../../variants/csi-driver": `../../variants/${variant}` };
		const objects = await build(join(example, "overlays/production"), instead);
		expect(pathNames).toContain(variant);
		const [kind, name] = named[variant]!(secret.consumers[0]!.delivery);
		expect(find(objects, kind, name)).toBeDefined();
	});
});

interface Consumer {
	namespace: string;
	kind: string;
	name: string;
	delivery: { path: string; secretProviderClass?: string; secret?: string; externalSecret?: string };
}
