// Everything that anybody wrote, and what every process was started with: where the search looks.
// PL1. A vault's versions, the pods' mounted files and the cluster's Secrets are where the credential lives; they are not
//      searched. Everything else is, and what belongs where is said in allowed.ts alone.

import { join } from "node:path";
import { apiOf, at, isMissing } from "../../packages/kubernetes-api/index.ts";
import type { Stack } from "../stack.ts";
import { names } from "../world.ts";
import { copyOfAccount } from "./account.ts";
import { hiddenEnvironment, type Process, processes, treeOf } from "./processes.ts";
import type { Place } from "./search.ts";

export type PlaceName =
	| "task hub"
	| "blobs"
	| "crash reports"
	| "host log"
	| "pod logs"
	| "database log"
	| "pg_stat_activity"
	| "pg_stat_statements"
	| "answers of the app"
	| "answers of the host"
	| "tags"
	| "cluster objects"
	| `${"arguments" | "environment"} of ${"the host" | "a pod" | "other processes"}`;

/** @throws Error when a place cannot be read */
export async function placesOf(stack: Stack): Promise<Place<PlaceName>[]> {
	const { folders, azurite, hostLines, postgres, node, activity, answers } = stack;
	const { activity: seen, statements } = await activity.statements();
	return [
		{ name: "task hub", folder: folders.state },
		{ name: "blobs", folder: azurite.folder },
		{ name: "crash reports", folder: folders.reports },
		{ name: "host log", text: hostLines.join("\n") },
		{ name: "pod logs", text: await node.logs() },
		{ name: "database log", text: await postgres.log() },
		{ name: "pg_stat_activity", text: seen },
		{ name: "pg_stat_statements", text: statements },
		{ name: "answers of the app", text: answers("app").join("\n") },
		{ name: "answers of the host", text: answers("host").join("\n") },
		{ name: "tags", text: properties(stack) },
		{ name: "cluster objects", text: await objects(stack) },
		...(await hostStorage(stack)),
		...ofProcesses(stack, await processes()),
	];
}

/** Where another host keeps its task hub: it may be a real account, so it is asked and not looked at on a disk. */
async function hostStorage({ hostStorage: account, folders }: Stack): Promise<Place<PlaceName>[]> {
	if (account === undefined) return [];
	return [{ name: "task hub", folder: await copyOfAccount(account, join(folders.all, "host-storage")) }];
}

/** All that can be read of a version without a right to its value. */
const properties = ({ vault: { owner } }: Stack): string =>
	JSON.stringify(owner.names().map((name) => owner.versions(name).map(({ value: _, ...shown }) => shown)));

const kinds = [
	["apps/v1", "deployments"],
	["apps/v1", "replicasets"],
	["apps/v1", "statefulsets"],
	["apps/v1", "daemonsets"],
	["apps/v1", "controllerrevisions"],
	["batch/v1", "cronjobs"],
	["batch/v1", "jobs"],
	["argoproj.io/v1alpha1", "rollouts"],
	["v1", "pods"],
	["v1", "configmaps"],
	["v1", "events"],
	["v1", "services"],
	["v1", "serviceaccounts"],
	["secrets-store.csi.x-k8s.io/v1", "secretproviderclasses"],
	["secrets-store.csi.x-k8s.io/v1", "secretproviderclasspodstatuses"],
] as const;

async function objects({ cluster }: Stack): Promise<string> {
	using api = apiOf(cluster.kubeConfig(), "administrator");
	const lists = await Promise.all(
		kinds.map(([version, plural]) =>
			api.get(at(version, plural, names.namespace)).catch((error) => {
				// The stand-in does not know every kind.
				if (isMissing(error)) return {};
				throw error;
			}),
		),
	);
	return JSON.stringify(lists);
}

function ofProcesses({ hosts }: Stack, all: readonly Process[]): Place<PlaceName>[] {
	// By what was started, not by its name: any command may be a host, and it has processes of its own.
	const ofHost = new Set(hosts.flatMap(({ pid }) => treeOf(pid, all)));
	const roleOf = (process: Process): (typeof who)[number] => {
		if (ofHost.has(process)) return "the host";
		return /titanic-api[\\/]app[\\/]main\.ts/.test(process.arguments) ? "a pod" : "other processes";
	};
	return who.flatMap((one): Place<PlaceName>[] => {
		const theirs = all.filter((process) => roleOf(process) === one);
		const environment = `environment of ${one}` as const;
		return [
			{ name: `arguments of ${one}`, text: theirs.map((process) => process.arguments).join("\n") },
			hiddenEnvironment === undefined
				? { name: environment, text: theirs.map((process) => process.environment ?? "").join("\n") }
				: { name: environment, hidden: hiddenEnvironment },
		];
	});
}

const who = ["the host", "a pod", "other processes"] as const;
