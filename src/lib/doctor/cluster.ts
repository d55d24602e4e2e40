// What the app may do at each workload of one entry, and whether what it works with is there.
// DCL1. The rights are those of infra/rights.json and of each path's rights.json, and no others. Otherwise: nobody asks about
//       the rights of a new path, and nobody hears what it lacks. Kept by: test/contract/doctor.test.ts.

import list from "../../../infra/rights.json" with { type: "json" };
import type { Ports } from "../app.ts";
import type { ConsumerConfig } from "../config/configuration.ts";
import type { FoundRight, FoundSystem } from "../domain/diagnosis.ts";
import type { Fault } from "../domain/fault.ts";
import { workloadText } from "../domain/workload.ts";
import { type ListedRight, rightsOf } from "../paths/index.ts";
import type { NamedObjects, Wanted } from "../ports/delivery-path.ts";
import type { AppIdentity } from "../ports/identity.ts";
import type { ClusterRight } from "../ports/workload.ts";
import { asFault } from "../steps/boundary.ts";
import { checklist } from "../steps/checklist.ts";
import { impossibleAt, wantedOf } from "../steps/consumers.ts";
import type { Managed } from "../steps/managed.ts";
import { grantInCluster } from "./commands.ts";
import { denied, faultOf, ofFault, ok, silent, unknown } from "./found.ts";

/** Of the cluster, whatever the path: for every workload, and for a kind. */
const common = list.kubernetes as Readonly<Record<string, { readonly rights: readonly ListedRight[] }>>;

export async function askClusters(ports: Ports, target: Managed, app: AppIdentity): Promise<FoundSystem[]> {
	const { consumers } = target.secret;
	const clusters = [...new Set(consumers.map(({ cluster }) => cluster))];
	if (clusters.length === 0) return [];
	const wanted = await wantedOf(ports, target).catch(() => undefined);
	return Promise.all(
		clusters.map(async (cluster) => {
			const system = `Kubernetes ${cluster}`;
			const here = consumers.filter((consumer) => consumer.cluster === cluster);
			const [first] = here as [ConsumerConfig];
			const dead = await faultOf(async () =>
				(await ports.workloads(cluster)).may({ verb: "list", group: "", resource: "pods", namespace: first.namespace }),
			);
			if (dead) return silent(system, dead);
			const rights = await Promise.all(here.map((consumer) => ofConsumer(ports, target, consumer, wanted, app)));
			return { system, rights: once(rights.flat()) };
		}),
	);
}

/** Two workloads of one namespace share some. */
const once = (rights: readonly FoundRight[]): FoundRight[] => [
	...new Map(rights.map((right) => [right.right, right])).values(),
];

async function ofConsumer(
	ports: Ports,
	target: Managed,
	consumer: ConsumerConfig,
	wanted: readonly Wanted[] | undefined,
	app: AppIdentity,
): Promise<FoundRight[]> {
	const { cluster, kind, delivery } = consumer;
	const workloads = await ports.workloads(cluster);
	const path = await ports.deliveryPath(delivery.path, cluster);
	const secrets = [target.name, ...target.secret.derived.map(({ secret }) => secret)];
	const { known, read } = (await path.objects?.(consumer, secrets)) ?? { known: {} };
	const seen = read ? await read().catch((error) => asFault(error, "doctor")) : {};
	const unread = seen instanceof Error ? seen : undefined;
	const objects: NamedObjects = {
		...{ workload: { names: [consumer.name] }, ...known },
		...(seen instanceof Error ? {} : seen),
	};
	const isPatched = workloads.rolls(consumer) && (await path.refersTo?.(consumer).catch(() => undefined)) === undefined;
	const listed = [
		...common["every path"]!.rights,
		...(common[kind]?.rights ?? []).filter(({ verb }) => isPatched || verb !== "patch"),
		...rightsOf(delivery.path),
	];
	const askAll = (some: readonly ListedRight[]) =>
		Promise.all(
			some
				.flatMap((right) => asRules(right, objects, consumer))
				.map(({ rule, right, isGuess }) => ask(() => workloads.may(rule), rule, right, isGuess ? unread : false, app)),
		);
	const rights = await askAll(listed);
	const optional = consumer.events
		? (await askAll(common["events: true"]!.rights)).map((right) => ({ ...right, optional: true as const }))
		: [];
	const works = `${delivery.path} can bring a new version to ${workloadText(consumer)}.`;
	if (rights.some(({ result }) => result === "missing"))
		return [...rights, ...optional, unknown(works, "It is not looked at while a right is missing.")];
	if (!wanted) return [...rights, ...optional, unknown(works, "It is not looked at while the vault does not answer.")];
	return [...rights, ...optional, ...(await plans(ports, target, consumer, wanted))];
}

interface Asked {
	readonly rule: ClusterRight;
	readonly right: ListedRight;
	/** Which one it is could not be read: it is asked of all of them. */
	readonly isGuess: boolean;
}

function asRules(right: ListedRight, objects: NamedObjects, { namespace: own }: ConsumerConfig): Asked[] {
	const { verb, group, resource, named } = right;
	if (named === undefined) return [{ rule: { verb, group, resource, namespace: own }, right, isGuess: false }];
	const found = objects[named];
	if (!found) return [{ rule: { verb, group, resource, namespace: own }, right, isGuess: true }];
	const { namespace = own, names } = found;
	return names.map((name) => ({ rule: { verb, group, resource, namespace, name }, right, isGuess: false }));
}

/** @param unread false: it is known which object is meant; else why it is not */
async function ask(
	may: () => Promise<boolean>,
	rule: ClusterRight,
	{ named, why, then }: ListedRight,
	unread: Fault | undefined | false,
	{ objectId }: AppIdentity,
): Promise<FoundRight> {
	const right = textOf(rule, unread === false ? undefined : named);
	const answer = await may().catch((error) => asFault(error, "doctor"));
	if (answer === true) return ok(right);
	if (answer instanceof Error) return { ...ofFault(right, answer), result: "unknown" };
	if (unread !== false)
		return unknown(right, `Which ${named} it is could not be read${unread ? `: ${unread.sentence}` : "."}`);
	return denied(
		right,
		"cluster-forbidden",
		`It is needed for this: ${why}; without it: ${then}.`,
		grantInCluster(rule, objectId),
	);
}

const textOf = ({ verb, group, resource, namespace, name }: ClusterRight, named?: string): string =>
	`${verb} ${resource}${group === "" ? "" : `.${group}`}${name === undefined ? "" : `/${name}`} in namespace ${namespace}${named === undefined ? "" : ` (the ${named})`}`;

/** The plan's own checks of this workload. */
async function plans(
	ports: Ports,
	target: Managed,
	consumer: ConsumerConfig,
	wanted: readonly Wanted[],
): Promise<FoundRight[]> {
	const checks = checklist();
	const left = await impossibleAt(ports, target, consumer, wanted, checks).then(
		(faults) => faults,
		(error) => [asFault(error, "doctor")],
	);
	return [
		...checks.made.map(({ check, code, message }): FoundRight => {
			const fault = left.find((one) => one.code === code && one.sentence === message);
			return fault ? ofFault(check, fault) : ok(check);
		}),
		...left
			.filter(({ transient }) => transient)
			.map((fault) => ofFault(`${workloadText(consumer)} can be looked at.`, fault)),
	];
}
