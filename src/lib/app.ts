// All ports of one app, each made when it is first asked for: an activity that needs the vault does not load the
// Kubernetes SDK (4 MB), and registering the functions loads none.

import type { ConsumerConfig } from "./config/configuration.ts";
import type { LoadedConfiguration } from "./config/load.ts";
import type { Heads } from "./ports/audit-head.ts";
import type { AuditLog } from "./ports/audit-log.ts";
import type { BackupStore } from "./ports/backup-store.ts";
import type { Channel } from "./ports/channel.ts";
import type { Clock } from "./ports/clock.ts";
import type { Database } from "./ports/database.ts";
import type { DeliveryPath } from "./ports/delivery-path.ts";
import type { EncryptionKeys } from "./ports/encryption-key.ts";
import type { AppIdentity } from "./ports/identity.ts";
import type { RecordStore } from "./ports/record-store.ts";
import type { Repository } from "./ports/repository.ts";
import type { SecretStore } from "./ports/secret-store.ts";
import type { Workloads } from "./ports/workload.ts";

export interface Ports {
	readonly clock: Clock;
	/** Reads the file again when it has changed; throws Fault `configuration-invalid`. */
	configuration(): Promise<LoadedConfiguration>;
	audit(): Promise<AuditLog>;
	heads(): Promise<Heads>;
	records(): Promise<RecordStore>;
	/** @throws Fault `configuration-invalid` where the configuration has no `backups` */
	backups(): Promise<BackupStore>;
	/** By the configuration's key, as all below. */
	store(vault: string): Promise<SecretStore>;
	database(server: string): Promise<Database>;
	/** @throws Fault `channel-unknown` */
	channel(name: string): Promise<Channel>;
	workloads(cluster: string): Promise<Workloads>;
	repository(name: string): Promise<Repository>;
	encryptionKeys(): Promise<EncryptionKeys>;
	/** Who the app is, for the commands that give it rights. */
	identity(): Promise<AppIdentity>;
	deliveryPath(path: ConsumerConfig["delivery"]["path"], cluster: string): Promise<DeliveryPath>;
}
