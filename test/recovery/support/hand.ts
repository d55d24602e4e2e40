// The hand of a cluster without nodes: does at once what kubelet, the controllers and the delivery path's own software
// would do by and by, through the cluster's API. Nothing happens by itself, so no case waits for anything.

import type { Vault } from "../../../packages/key-vault/index.ts";
import type { GitOps } from "./git-ops.ts";
import type { Servers } from "./servers.ts";

export interface HandOptions {
	readonly servers: Servers;
	readonly vault: Vault;
	readonly namespace: string;
	readonly gitOps?: GitOps;
	/** What else the workload uses. */
	readonly also?: string;
	/** The time of the case, in whole seconds. */
	readonly now: () => Date;
}

/** A serving pod, as the hand knows it without asking anybody. */
export interface ServingPod {
	readonly name: string;
	/** The password that its process has in its environment. */
	readonly password: string;
	/** The managed secret's version that it has mounted. */
	readonly version: string;
	/** The other one's, where it uses two. */
	readonly other?: string;
}

/** Disposed, it leaves nothing in the cluster. */
export interface Hand extends AsyncDisposable {
	/** One round of everybody's work. */
	round(): Promise<void>;
	pods(): readonly ServingPod[];
	/** How often the workload was rolled. */
	rolls(): number;
}
