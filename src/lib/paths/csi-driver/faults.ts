// What can be wrong with a SecretProviderClass and the volume that mounts it.

import { denied, final } from "../../domain/faults/kind.ts";

export const csiDriverFaults = {
	"provider-class-missing": denied<{ providerClass: string }>(
		({ providerClass }) => `SecretProviderClass ${providerClass} does not exist.`,
		"Correct the consumer in the configuration, or deploy the SecretProviderClass.",
	),
	"provider-class-foreign": final<{ providerClass: string; detail: string }>(
		({ providerClass, detail }) => `SecretProviderClass ${providerClass} does not fit: ${detail}.`,
		"Compare provider, keyvaultName and objects with the configuration.",
	),
	"object-pinned": final<{ providerClass: string; object: string }>(
		({ providerClass, object }) =>
			`SecretProviderClass ${providerClass} pins the version of ${object}, so it never changes.`,
		"Remove objectVersion from that object.",
	),
	"object-missing": final<{ providerClass: string; object: string }>(
		({ providerClass, object }) => `SecretProviderClass ${providerClass} does not mount ${object}.`,
		"Add the object, or take the consumer out of the configuration.",
	),
	"volume-missing": final<{ workload: string; providerClass: string }>(
		({ workload, providerClass }) => `${workload} mounts no CSI volume of SecretProviderClass ${providerClass}.`,
		"Mount it in a container: kubelet ignores a volume that no container mounts, and so the driver never fetches it.",
	),
};
