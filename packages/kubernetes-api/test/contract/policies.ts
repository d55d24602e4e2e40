/** NetworkPolicies and PodDisruptionBudgets, and fields that no kind has: what the example's manifests can get wrong. */
import { expect, test } from "@jest/globals";
import { NetworkingV1Api, PolicyApi } from "@kubernetes/client-node";
import { at } from "../../client.ts";
import { deployment, type Refusal, raw, type Subject } from "./subject.ts";

export const policies = (subject: () => Subject) => {
	const places: Record<string, string> = {
		Deployment: "deployments",
		GitRepository: "gitrepositories",
		NetworkPolicy: "networkpolicies",
		PodDisruptionBudget: "poddisruptionbudgets",
		Secret: "secrets",
		SecretProviderClass: "secretproviderclasses",
	};
	interface Applied {
		apiVersion?: string;
		kind: string;
		spec?: object;
		metadata?: object;
		sops?: object;
	}
	/**
	 * Server-side apply of an object as it is: the generated client drops fields that it does not know. The two servers have
	 * PodDisruptionBudgets in different versions of one group.
	 */
	const apply = async (object: Applied): Promise<Refusal & { spec?: object; status?: object }> => {
		const { cluster, admin, namespace: create } = subject();
		const { preferredVersion } = await admin.makeApiClient(PolicyApi).getAPIGroup();
		const namespace = await create();
		const body = {
			apiVersion: preferredVersion?.groupVersion,
			...object,
			metadata: { name: "titanic", namespace, ...object.metadata },
		};
		const path = at(`${body.apiVersion}`, places[object.kind] ?? "", namespace, "titanic");
		const { code, body: answer } = await raw(cluster, `${path}?fieldManager=policies&force=true`, {
			method: "PATCH",
			headers: { "content-type": "application/apply-patch+yaml" },
			body: JSON.stringify(body),
		});
		return { ...JSON.parse(answer), code };
	};
	const networkPolicy = (spec: object) => ({ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", spec });
	const budget = (spec: object) => ({ kind: "PodDisruptionBudget", spec });
	const fields = ({ code, details }: Refusal) => [code, ...(details?.causes ?? []).map(({ field }) => field)];

	test("a network policy is for TCP, and for ingress unless it has egress rules, if it does not say", async () => {
		const { spec } = await apply(networkPolicy({ podSelector: {}, egress: [{ ports: [{ port: 53 }] }] }));
		expect(spec).toEqual({
			podSelector: {},
			egress: [{ ports: [{ port: 53, protocol: "TCP" }] }],
			policyTypes: ["Ingress", "Egress"],
		});
		const { admin, namespace: create } = subject();
		const namespace = await create();
		const body = { metadata: { name: "closed" }, spec: { podSelector: {} } };
		const closed = await admin.makeApiClient(NetworkingV1Api).createNamespacedNetworkPolicy({ namespace, body });
		expect(closed.spec?.policyTypes).toEqual(["Ingress"]);
		expect(closed.metadata?.generation).toBe(1);
	});

	test("a network policy may open one port for two protocols", async () => {
		const ports = ["UDP", "TCP"].map((protocol) => ({ port: 53, protocol }));
		const { spec } = await apply(networkPolicy({ podSelector: {}, egress: [{ ports }] }));
		expect(spec).toMatchObject({ egress: [{ ports }] });
	});

	test.each<[string, object, string[]]>([
		["an unknown direction", { policyTypes: ["Outgress"] }, ["spec.policyTypes[0]"]],
		[
			"a protocol and a port that there are not",
			{ ingress: [{ ports: [{ port: 0, protocol: "ICMP" }] }] },
			["spec.ingress[0].ports[0].protocol", "spec.ingress[0].ports[0].port"],
		],
		["a peer that names nobody", { egress: [{ to: [{}] }] }, ["spec.egress[0].to[0]"]],
		[
			"a range that is none",
			{ egress: [{ to: [{ ipBlock: { cidr: "10" } }] }] },
			["spec.egress[0].to[0].ipBlock.cidr"],
		],
		[
			"a range together with pods",
			{ ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }] }] },
			["spec.ingress[0].from[0]"],
		],
		[
			"an unknown operator",
			{ podSelector: { matchExpressions: [{ key: "app", operator: "Is" }] } },
			["spec.podSelector.matchExpressions[0].operator"],
		],
	])("a network policy with %s is refused by field", async (_, spec, expected) => {
		expect(fields(await apply(networkPolicy({ podSelector: {}, ...spec })))).toEqual([422, ...expected]);
	});

	test("a disruption budget begins with nobody healthy", async () => {
		const selector = { matchLabels: { app: "titanic" } };
		const made = await apply(budget({ maxUnavailable: 1, selector }));
		expect(made.spec).toEqual({ maxUnavailable: 1, selector });
		expect(made.status).toEqual({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 });
	});

	test.each<[string, object, string]>([
		["both limits", { minAvailable: 1, maxUnavailable: 1 }, "spec"],
		["less than none", { maxUnavailable: -1 }, "spec.maxUnavailable"],
		["more than all", { minAvailable: "150%" }, "spec.minAvailable"],
		["a word for a number", { minAvailable: "most" }, "spec.minAvailable"],
		[
			"an unknown operator",
			{ selector: { matchExpressions: [{ key: "app", operator: "Is" }] } },
			"spec.selector.matchExpressions[0].operator",
		],
	])("a disruption budget with %s is refused by field", async (_, spec, expected) => {
		expect(fields(await apply(budget(spec)))).toEqual([422, expected]);
	});

	const spc = { apiVersion: "secrets-store.csi.x-k8s.io/v1", kind: "SecretProviderClass" };
	const misspelt = deployment("titanic");
	Object.assign(misspelt.spec!.template.spec!.containers[0]!, { resource: {} });
	test.each<[string, Parameters<typeof apply>[0], string]>([
		[
			"container",
			{ apiVersion: "apps/v1", kind: "Deployment", spec: misspelt.spec },
			'.spec.template.spec.containers[name="web"].resource',
		],
		["network policy", networkPolicy({ podSelectors: {} }), ".spec.podSelectors"],
		["disruption budget", budget({ maxUnavailabe: 1 }), ".spec.maxUnavailabe"],
		["Secret", { apiVersion: "v1", kind: "Secret", sops: {} }, ".sops"],
		["object's metadata", { ...networkPolicy({ podSelector: {} }), metadata: { label: {} } }, ".metadata.label"],
		["custom object", { ...spc, spec: { secretObjects: [{ secretNam: "x" }] } }, ".spec.secretObjects[0].secretNam"],
	])("applying a %s with a field that it does not have is refused by that field", async (_, object, path) => {
		expect(await apply(object)).toMatchObject({
			code: 500,
			message: `failed to create typed patch object: ${path}: field not declared in schema`,
		});
	});

	test("a text that does not fit the pattern of a custom kind is refused by field", async () => {
		const spec = { interval: "often", url: "https://example.com/titanic" };
		const refused = await apply({ apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository", spec });
		expect(fields(refused)).toEqual([422, "spec.interval"]);
	});
};
