/**
 * What is wrong with a NetworkPolicy or a PodDisruptionBudget.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/
 */
import { isIP } from "node:net";
import { type Fields, fieldsAt, isFields, type KubeObject, listAt } from "./objects.ts";
import { type Cause, locked, required, unsupported, wrong } from "./status-errors.ts";

export const networkPolicy = (policy: KubeObject): Cause[] => {
	const spec = fieldsAt(policy, "spec");
	const causes = selector(spec.podSelector, "spec.podSelector");
	for (const [direction, peers] of [
		["ingress", "from"],
		["egress", "to"],
	] as const)
		listAt(spec, direction).forEach((rule, at) => {
			const here = `spec.${direction}[${at}]`;
			listAt(rule, "ports").forEach((port, at) => void causes.push(...networkPort(port, `${here}.ports[${at}]`)));
			listAt(rule, peers).forEach((peer, at) => void causes.push(...networkPeer(peer, `${here}.${peers}[${at}]`)));
		});
	((spec.policyTypes ?? []) as unknown[]).forEach((type, at) => {
		const known = ["Ingress", "Egress"];
		if (!known.includes(type as string)) causes.push(unsupported(`spec.policyTypes[${at}]`, type, known));
	});
	return causes;
};

const networkPort = ({ protocol, port }: Fields, path: string): Cause[] => {
	const causes: Cause[] = [];
	const known = ["TCP", "UDP", "SCTP"];
	if (!known.includes(protocol as string)) causes.push(unsupported(`${path}.protocol`, protocol, known));
	if (typeof port === "number" && (port < 1 || port > 65_535))
		causes.push(wrong(`${path}.port`, port, "must be between 1 and 65535, inclusive"));
	if (typeof port === "string" && !/^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/.test(port))
		causes.push(wrong(`${path}.port`, port, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"));
	return causes;
};

const networkPeer = (peer: Fields, path: string): Cause[] => {
	const causes = ["podSelector", "namespaceSelector"].flatMap((name) => selector(peer[name], `${path}.${name}`));
	if (isFields(peer.ipBlock)) {
		const { cidr } = peer.ipBlock;
		const [address = "", bits = ""] = `${cidr ?? ""}`.split("/");
		const longest = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
		if (!/^\d+$/.test(bits) || Number(bits) > longest)
			causes.push(wrong(`${path}.ipBlock.cidr`, cidr ?? "", "not a valid CIDR"));
		if (Object.keys(peer).length > 1) causes.push(locked(path, "may not specify both ipBlock and another peer"));
	}
	return Object.keys(peer).length ? causes : [required(path, "must specify a peer")];
};

export const disruptionBudget = (budget: KubeObject): Cause[] => {
	const spec = fieldsAt(budget, "spec");
	const causes = selector(spec.selector, "spec.selector");
	const given = ["minAvailable", "maxUnavailable"].filter((name) => spec[name] !== undefined);
	if (given.length === 2) causes.push(wrong("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
	for (const name of given) {
		const value = spec[name];
		if (typeof value === "number" && value < 0)
			causes.push(wrong(`spec.${name}`, value, "must be greater than or equal to 0"));
		if (typeof value !== "string") continue;
		if (!/^[0-9]+%$/.test(value))
			causes.push(
				wrong(`spec.${name}`, value, "a valid percent string must be a numeric string followed by an ending '%'"),
			);
		else if (Number.parseInt(value, 10) > 100)
			causes.push(wrong(`spec.${name}`, value, "must not be greater than 100%"));
	}
	return causes;
};

const operators = ["In", "NotIn", "Exists", "DoesNotExist"];

const selector = (given: unknown, path: string): Cause[] =>
	(isFields(given) ? listAt(given, "matchExpressions") : []).flatMap(({ operator }, at) =>
		operators.includes(operator as string)
			? []
			: [wrong(`${path}.matchExpressions[${at}].operator`, operator, "not a valid selector operator")],
	);
