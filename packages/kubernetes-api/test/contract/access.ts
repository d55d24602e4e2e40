import { expect, test } from "@jest/globals";
import { AppsV1Api, AuthorizationV1Api, CoreV1Api, RbacAuthorizationV1Api } from "@kubernetes/client-node";
import { deployment, pod, raw, refusal, type Subject, strategic } from "./subject.ts";

export const access = (subject: () => Subject) => {
	/** A user with the given rules in a new namespace, where two Deployments are. */
	const user = async (rules: object[]) => {
		const { admin, apps, cluster, token, namespace: create } = subject();
		const namespace = await create();
		const username = `user-of-${namespace}`;
		const rbac = admin.makeApiClient(RbacAuthorizationV1Api);
		await rbac.createNamespacedRole({ namespace, body: { metadata: { name: "r" }, rules: rules as never } });
		await rbac.createNamespacedRoleBinding({
			namespace,
			body: {
				metadata: { name: "r" },
				roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
				subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: username }],
			},
		});
		for (const name of ["mine", "other"]) await apps.createNamespacedDeployment({ namespace, body: deployment(name) });
		const config = cluster.kubeConfig(token(username));
		return {
			namespace,
			username,
			config,
			token: token(username),
			apps: config.makeApiClient(AppsV1Api),
			core: config.makeApiClient(CoreV1Api),
		};
	};
	const onlyMine = [
		{
			apiGroups: ["apps"],
			resources: ["deployments"],
			resourceNames: ["mine"],
			verbs: ["get", "list", "watch", "patch"],
		},
	];

	test("no token and a token that nobody vouches for are 401", async () => {
		const { cluster } = subject();
		for (const token of [false, "nobody-knows-it"] as const) {
			const { code, body } = await raw(cluster, "/api/v1/namespaces", { token });
			expect(code).toBe(401);
			expect(JSON.parse(body)).toMatchObject({ kind: "Status", reason: "Unauthorized", message: "Unauthorized" });
		}
	});

	test("a user of the token review may do what a Role names, on the named object only", async () => {
		const { apps, namespace, username } = await user(onlyMine);
		const body = { spec: { replicas: 2 } };
		const patch = (name: string) => apps.patchNamespacedDeployment({ namespace, name, body }, strategic);
		expect((await patch("mine")).spec?.replicas).toBe(2);
		expect(await refusal(patch("other"))).toMatchObject({
			code: 403,
			reason: "Forbidden",
			message:
				`deployments.apps "other" is forbidden: User "${username}" cannot patch resource "deployments" ` +
				`in API group "apps" in the namespace "${namespace}"`,
			details: { name: "other", kind: "deployments" },
		});
		expect((await refusal(apps.deleteNamespacedDeployment({ namespace, name: "mine" }))).code).toBe(403);
		expect((await refusal(apps.readNamespacedDeploymentScale({ namespace, name: "mine" }))).code).toBe(403);
		expect((await refusal(apps.readNamespacedDeployment({ namespace: "default", name: "mine" }))).code).toBe(403);
	});

	test("a named object may be listed and watched only by the selector of its name", async () => {
		const { apps, namespace, username, token } = await user(onlyMine);
		const fieldSelector = "metadata.name=mine";
		expect((await apps.listNamespacedDeployment({ namespace, fieldSelector })).items).toHaveLength(1);
		expect(await refusal(apps.listNamespacedDeployment({ namespace }))).toMatchObject({
			code: 403,
			message:
				`deployments.apps is forbidden: User "${username}" cannot list resource "deployments" ` +
				`in API group "apps" in the namespace "${namespace}"`,
		});
		const path = `/apis/apps/v1/namespaces/${namespace}/deployments?watch=true&timeoutSeconds=1`;
		const { cluster } = subject();
		expect((await raw(cluster, path, { token })).code).toBe(403);
		expect((await raw(cluster, `${path}&fieldSelector=${fieldSelector}`, { token })).code).toBe(200);
		expect((await raw(cluster, `${path}&fieldSelector=metadata.name=other`, { token })).code).toBe(403);
	});

	test("a resource does not include its subresources", async () => {
		const { core, namespace } = await user([{ apiGroups: [""], resources: ["pods"], verbs: ["*"] }]);
		await core.createNamespacedPod({ namespace, body: pod("a") });
		const body = { status: { phase: "Running" } };
		const patched = core.patchNamespacedPodStatus({ namespace, name: "a", body }, strategic);
		expect((await refusal(patched)).message).toContain('cannot patch resource "pods/status"');
	});

	test("a refusal does not tell whether the object exists", async () => {
		const { core, namespace } = await user(onlyMine);
		expect((await refusal(core.readNamespacedSecret({ namespace, name: "none" }))).code).toBe(403);
	});

	test("a ClusterRole bound to a group holds in every namespace, and at cluster scope", async () => {
		const { admin, cluster, token, namespace: create } = subject();
		const namespace = await create();
		const name = `readers-${namespace}`;
		const rbac = admin.makeApiClient(RbacAuthorizationV1Api);
		const rules = [{ apiGroups: [""], resources: ["pods", "namespaces"], verbs: ["get", "list"] }];
		await rbac.createClusterRole({ body: { metadata: { name }, rules } });
		const apiGroup = "rbac.authorization.k8s.io";
		await rbac.createClusterRoleBinding({
			body: {
				metadata: { name },
				roleRef: { apiGroup, kind: "ClusterRole", name },
				subjects: [{ apiGroup, kind: "Group", name }],
			},
		});
		const core = cluster.kubeConfig(token("someone", [name])).makeApiClient(CoreV1Api);
		expect((await core.listNamespacedPod({ namespace })).items).toEqual([]);
		expect((await core.readNamespace({ name: namespace })).metadata?.name).toBe(namespace);
		expect((await refusal(core.listNode())).message).toMatch(/cannot list resource "nodes" .* at the cluster scope$/);
	});

	test("everyone may ask what they may do", async () => {
		const { config, namespace } = await user(onlyMine);
		const ask = async (name: string) => {
			const resourceAttributes = { namespace, verb: "patch", group: "apps", resource: "deployments", name };
			const body = { spec: { resourceAttributes } };
			const api = config.makeApiClient(AuthorizationV1Api);
			return (await api.createSelfSubjectAccessReview({ body })).status?.allowed;
		};
		expect([await ask("mine"), await ask("other")]).toEqual([true, false]);
	});

	test("everyone may discover, nobody but who may reads more", async () => {
		const { token } = await user(onlyMine);
		const { cluster } = subject();
		expect((await raw(cluster, "/apis/apps/v1", { token })).code).toBe(200);
		expect((await raw(cluster, "/metrics", { token })).code).toBe(403);
	});
};
