/**
 * Role based access control, from the Roles and bindings in the store.
 *
 * Invariant: what no rule allows is refused. The group system:masters is above the rules, as on the real server.
 * Missing here: the refusal to grant in a Role what one may not do oneself, aggregated ClusterRoles.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
import { type Fields, fieldsAt, type KubeObject, listAt } from "./objects.ts";
import { rbacKinds } from "./resources.ts";
import type { Store } from "./store.ts";

export interface User {
	username: string;
	uid?: string;
	groups: string[];
}

/** What is asked for: an object's verb, or a path that is no resource. */
export type Attempt =
	| {
			verb: string;
			group: string;
			resource: string;
			subresource?: string;
			namespace?: string;
			name?: string;
	  }
	| { verb: string; path: string };

interface Rule {
	apiGroups?: string[];
	resources?: string[];
	resourceNames?: string[];
	nonResourceURLs?: string[];
	verbs: string[];
}

export const allows = (store: Store, user: User, attempt: Attempt): boolean => {
	if (user.groups.includes("system:masters")) return true;
	const namespace = "path" in attempt ? undefined : attempt.namespace;
	const bindings = [
		...store.list(rbacKinds.ClusterRoleBinding),
		...(namespace ? store.list(rbacKinds.RoleBinding, namespace) : []),
	];
	return bindings
		.filter((binding) => listAt(binding, "subjects").some((subject) => isSubject(subject, user, binding)))
		.flatMap((binding) => rulesOf(store, binding))
		.some((rule) => covers(rule, attempt));
};

/** `User "u" cannot patch resource "deployments" in API group "apps" in the namespace "n"` */
export const refusalOf = (user: User, attempt: Attempt): string => {
	const who = `User ${JSON.stringify(user.username)} cannot`;
	if ("path" in attempt) return `${who} ${attempt.verb} path ${JSON.stringify(attempt.path)}`;
	const what = attempt.subresource ? `${attempt.resource}/${attempt.subresource}` : attempt.resource;
	const where = attempt.namespace ? `in the namespace "${attempt.namespace}"` : "at the cluster scope";
	return `${who} ${attempt.verb} resource "${what}" in API group "${attempt.group}" ${where}`;
};

const isSubject = ({ kind, name, namespace }: Fields, user: User, binding: KubeObject): boolean => {
	if (kind === "User") return user.username === name || name === "*";
	if (kind === "Group") return user.groups.includes(`${name}`);
	return user.username === `system:serviceaccount:${namespace ?? binding.metadata.namespace}:${name}`;
};

const rulesOf = (store: Store, binding: KubeObject): Rule[] => {
	const { kind, name } = fieldsAt(binding, "roleRef");
	const role =
		kind === "Role"
			? store.get(rbacKinds.Role, binding.metadata.namespace, `${name}`)
			: store.get(rbacKinds.ClusterRole, undefined, `${name}`);
	return role ? (listAt(role, "rules") as unknown as Rule[]) : [];
};

const covers = (rule: Rule, attempt: Attempt): boolean => {
	if (!has(rule.verbs, attempt.verb)) return false;
	if ("path" in attempt)
		return !!rule.nonResourceURLs?.some((url) =>
			url.endsWith("*") ? attempt.path.startsWith(url.slice(0, -1)) : url === attempt.path,
		);
	const { resource, subresource } = attempt;
	const wanted = subresource ? [`${resource}/${subresource}`, `*/${subresource}`] : [resource];
	return (
		has(rule.apiGroups, attempt.group) &&
		["*", ...wanted].some((one) => rule.resources?.includes(one)) &&
		(!rule.resourceNames?.length || (attempt.name !== undefined && rule.resourceNames.includes(attempt.name)))
	);
};

const has = (list: string[] = [], one: string) => list.includes("*") || list.includes(one);

const everyone = [{ kind: "Group", name: "system:authenticated" }];
const role = (name: string, rules: Rule[], subjects: object[]) => [
	{ kind: "ClusterRole", metadata: { name }, rules },
	{ kind: "ClusterRoleBinding", metadata: { name }, roleRef: { kind: "ClusterRole", name }, subjects },
];

/** The roles that every cluster begins with, as far as clients here rely on them. */
export const initialRoles = [
	...role(
		"cluster-admin",
		[
			{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
			{ nonResourceURLs: ["*"], verbs: ["*"] },
		],
		[{ kind: "Group", name: "system:masters" }],
	),
	...role(
		"system:discovery",
		[
			{
				nonResourceURLs: [
					...["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"],
					...["/healthz", "/livez", "/readyz", "/version"],
				],
				verbs: ["get"],
			},
		],
		everyone,
	),
	...role(
		"system:basic-user",
		[{ apiGroups: ["authorization.k8s.io"], resources: ["selfsubjectaccessreviews"], verbs: ["create"] }],
		everyone,
	),
];
