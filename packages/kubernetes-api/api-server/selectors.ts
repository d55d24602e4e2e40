/**
 * Label and field selectors.
 *
 * Invariant: what cannot be understood is refused (400), never ignored. Otherwise a typing error selects everything.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
import { type Fields, type KubeObject, listAt, valueAt } from "./objects.ts";
import type { Resource } from "./resource.ts";
import { badRequest } from "./status-errors.ts";

export type Matches = (object: KubeObject) => boolean;
type LabelMatches = (labels: Record<string, string>) => boolean;

const labelKey = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const forms: [RegExp, (found: Record<string, string>) => LabelMatches][] = [
	[/^(?<key>\S+) +in +\((?<values>.*)\)$/, ({ key, values }) => oneOf(key!, listed(values!))],
	[/^(?<key>\S+) +notin +\((?<values>.*)\)$/, ({ key, values }) => not(oneOf(key!, listed(values!)))],
	[/^(?<key>[^=!<> ]+) *!= *(?<value>[^=]*)$/, ({ key, value }) => not(oneOf(key!, [value!.trim()]))],
	[/^(?<key>[^=!<> ]+) *==? *(?<value>[^=]*)$/, ({ key, value }) => oneOf(key!, [value!.trim()])],
	[
		/^(?<key>[^=!<> ]+) *> *(?<value>\d+)$/,
		({ key, value }) =>
			(labels) =>
				Number(labels[key!]) > Number(value),
	],
	[
		/^(?<key>[^=!<> ]+) *< *(?<value>\d+)$/,
		({ key, value }) =>
			(labels) =>
				Number(labels[key!]) < Number(value),
	],
	[/^! *(?<key>\S+)$/, ({ key }) => not((labels) => key! in labels)],
	[
		/^(?<key>[^=!<> ]+)$/,
		({ key }) =>
			(labels) =>
				key! in labels,
	],
];

const oneOf =
	(key: string, values: string[]): LabelMatches =>
	(labels) =>
		labels[key] !== undefined && values.includes(labels[key]);
const not =
	(matches: LabelMatches): LabelMatches =>
	(labels) =>
		!matches(labels);
const listed = (values: string) => values.split(",").map((value) => value.trim());

/** @throws ApiError 400 for what is not a label selector */
export const labelSelector = (text: string): Matches => {
	const requirements = splitOutsideBrackets(text).map((part) => {
		for (const [form, make] of forms) {
			const found = form.exec(part)?.groups;
			if (!found) continue;
			if (!labelKey.test(found.key!)) throw badRequest(`unable to parse requirement: invalid label key "${found.key}"`);
			return make(found);
		}
		throw badRequest(`unable to parse requirement: "${part}" is not a label selector`);
	});
	return ({ metadata }) => requirements.every((matches) => matches(metadata.labels ?? {}));
};

const splitOutsideBrackets = (text: string) =>
	text
		.split(/,(?![^(]*\))/)
		.map((part) => part.trim())
		.filter(Boolean);

/** The `selector` of a workload; an empty one selects everything. */
export const workloadSelector = (selector: Fields): LabelMatches => {
	const exact = Object.entries((selector.matchLabels as Record<string, string>) ?? {});
	const expressions = listAt(selector, "matchExpressions") as { key: string; operator: string; values?: string[] }[];
	return (labels) =>
		exact.every(([name, value]) => labels[name] === value) &&
		expressions.every(({ key, operator, values = [] }) => {
			if (operator === "In") return oneOf(key, values)(labels);
			if (operator === "NotIn") return not(oneOf(key, values))(labels);
			return key in labels === (operator === "Exists");
		});
};

const always = ["metadata.name", "metadata.namespace"];
const involved = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
const fieldsOf: Record<string, string[]> = {
	pods: ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase"].concat(
		"status.podIP",
		"status.nominatedNodeName",
	),
	events: ["reason", "type", "source", ...involved.map((name) => `involvedObject.${name}`)],
	secrets: ["type"],
	nodes: ["spec.unschedulable"],
	namespaces: ["status.phase"],
	replicasets: ["status.replicas"],
};

/**
 * `metadata.name=web,status.phase!=Failed`
 * @throws ApiError 400 for a field that this kind cannot be selected by
 */
export const fieldSelector = (resource: Resource, text: string): Matches => {
	const own = resource.schema ? [] : (fieldsOf[resource.plural] ?? []);
	const requirements = requirementsOf(text);
	for (const { field } of requirements)
		if (![...always, ...own].includes(field)) throw badRequest(`field label not supported: ${field}`);
	return (object) =>
		requirements.every(({ field, equal, value }) => (`${valueAt(object, field) ?? ""}` === value) === equal);
};

/** The one name that a list or watch is restricted to: authorisation sees it as that object's name. */
export const selectedName = (text: string | null): string | undefined =>
	text ? requirementsOf(text).find(({ field, equal }) => equal && field === "metadata.name")?.value : undefined;

const requirementsOf = (text: string) =>
	text
		.split(",")
		.filter(Boolean)
		.map((part) => {
			const found = /^([^=!]+)(!=|==?)(.*)$/.exec(part.trim());
			if (!found) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
			return { field: found[1]!.trim(), equal: found[2] !== "!=", value: found[3]!.trim() };
		});
