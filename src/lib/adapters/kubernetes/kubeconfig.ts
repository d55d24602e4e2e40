// A cluster as the person at this machine sees it: with their kubeconfig, as kubectl does.

import { KubeConfig } from "@kubernetes/client-node";
import { Fault } from "../../domain/fault.ts";
import type { Perform } from "../../ports/effect.ts";
import { type ClusterClient, clientOf } from "./client.ts";

export interface OwnCluster {
	readonly context: string;
	/** The API server's address. */
	readonly server: string;
	/** PEM, where the kubeconfig names one. */
	readonly ca?: string;
	readonly client: ClusterClient;
}

/**
 * @param context default: the current one
 * @throws Fault `cluster-unreachable` where the kubeconfig has no such context
 */
export function ownCluster(context?: string, perform?: Perform): OwnCluster {
	const config = new KubeConfig();
	config.loadFromDefault();
	const name = context ?? config.getCurrentContext();
	const missing = (detail: string) => new Fault("cluster-unreachable", { cluster: name, detail });
	if (!config.getContexts().some((one) => one.name === name)) throw missing("the kubeconfig has no such context");
	config.setCurrentContext(name);
	const cluster = config.getCurrentCluster();
	if (!cluster) throw missing("the kubeconfig does not say where it is");
	return { context: name, server: cluster.server, client: clientOf({ name, config, ...(perform && { perform }) }) };
}

/** The first context whose cluster is at this address; `undefined` where the kubeconfig has none. */
export function clusterAt(server: string): OwnCluster | undefined {
	const config = new KubeConfig();
	config.loadFromDefault();
	const wanted = originOf(server);
	const context = config.getContexts().find(({ cluster }) => {
		const found = config.getCluster(cluster);
		return found && originOf(found.server) === wanted;
	});
	return context && ownCluster(context.name);
}

/** kubectl writes the port that a URL leaves out. */
const originOf = (server: string): string | undefined => URL.parse(server)?.origin;
