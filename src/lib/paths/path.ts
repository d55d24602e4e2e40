// A delivery path, as its folder describes it.

import type * as z from "zod";
import type { ClusterClient } from "../adapters/kubernetes/client.ts";
import type { Clock } from "../ports/clock.ts";
import type { DeliveryPath } from "../ports/delivery-path.ts";
import type { EncryptionKeys } from "../ports/encryption-key.ts";
import type { Repository } from "../ports/repository.ts";
import type { SecretStore } from "../ports/secret-store.ts";

export interface Unfit {
	readonly at: readonly PropertyKey[];
	readonly message: string;
}

/** What else the configuration says of the consumer. */
export interface Use {
	/** A password for a database is rotated. */
	readonly isLogin: boolean;
	/** Its pods are replaced. */
	readonly rolls: boolean;
}

/** What the app writes, as texts: each thing for one managed secret only. */
export interface Written {
	/** In the workload's namespace. */
	readonly inNamespace: readonly string[];
	/** Wherever the workload is. */
	readonly elsewhere?: readonly string[];
}

/** One right in a cluster, as rights.json has it. */
export interface ListedRight {
	readonly verb: string;
	readonly group: string;
	readonly resource: string;
	/** The name of the one object that it is for; absent: all of the namespace. */
	readonly named?: string;
	readonly steps: readonly string[];
	readonly why: string;
	readonly code: string;
	readonly then: string;
}

export interface Path<S extends z.ZodType<{ readonly path: string }>> {
	/** What the configuration gives for it, below `delivery`; `path` is a literal, the folder's name. */
	readonly schema: S;
	/** Of rights.json. */
	readonly rights: readonly ListedRight[];
	/** Loaded when it is first used: most apps use one path, and some bring a library along. */
	open(client: ClusterClient, outside: Outside): Promise<DeliveryPath<z.infer<S>>>;
	/**
	 * What is wrong with it, given the secrets that it is to bring: the managed one, then the derived ones.
	 * @returns where, below `delivery`, and a message like the configuration's others
	 */
	unfit?(delivery: z.infer<S>, secrets: readonly string[], use: Use): Unfit | undefined;
	writes?(delivery: z.infer<S>): Written;
}

/** What a path may need besides the cluster, made when it is first asked for. */
export interface Outside {
	readonly clock: Clock;
	/** By the configuration's key. */
	repository(name: string): Promise<Repository>;
	encryptionKeys(): Promise<EncryptionKeys>;
	/** By the configuration's key. */
	store(vault: string): Promise<SecretStore>;
}
