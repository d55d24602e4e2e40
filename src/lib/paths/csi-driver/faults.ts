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
	"object-encoded": final<{ providerClass: string; object: string; encoding: string }>(
		({ providerClass, object, encoding }) =>
			`SecretProviderClass ${providerClass} decodes ${object} as ${encoding}, and its value is written as text.`,
		"Remove objectEncoding from that object.",
	),
	"copy-unwritten": final<{ providerClass: string; copy: string; file: string }>(
		({ providerClass, copy, file }) =>
			`SecretProviderClass ${providerClass} copies ${copy} from the file ${file}, which none of its objects writes, so the driver never renews that Secret.`,
		"In secretObjects give the object's objectAlias where it has one, else its objectName.",
	),
	"volume-missing": final<{ workload: string; providerClass: string }>(
		({ workload, providerClass }) => `${workload} mounts no CSI volume of SecretProviderClass ${providerClass}.`,
		"Mount it in a container: kubelet ignores a volume that no container mounts, and so the driver never fetches it.",
	),
};
