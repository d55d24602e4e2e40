// What can be wrong with a Secret that the app is to write.

import { denied, final } from "../../domain/faults/kind.ts";

export const kubernetesSecretFaults = {
	"copy-missing": denied<{ copy: string }>(
		({ copy }) => `${copy} does not exist, and the app only changes Secrets that do.`,
		"Apply it without values, or correct the consumer in the configuration.",
	),
	"copy-owned": final<{ copy: string; key: string; owner: string }>(
		({ copy, key, owner }) => `Key ${key} of ${copy} is kept by ${owner} too, which would put its own value back.`,
		"Take the key out of what that owner applies, or choose the delivery path that goes through it. Where it was written once and never will be again, write the key again with kubectl edit.",
	),
};
