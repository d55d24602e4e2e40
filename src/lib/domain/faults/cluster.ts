// Kubernetes: the API, the workload and the copy. What only one delivery path knows is in its folder.

import { denied, final, transient } from "./kind.ts";

export const clusterFaults = {
	"cluster-unreachable": transient<{ cluster: string }>(
		({ cluster }) => `Kubernetes cluster ${cluster} cannot be reached or failed to answer.`,
		"Check the API server's address, its authorised networks and the app's VNet integration.",
	),
	"cluster-untrusted": denied<{ cluster: string }>(
		({ cluster }) => `The certificate of Kubernetes cluster ${cluster} is not trusted, or is for another name.`,
		"Give its CA in clusters.<name>.ca; there is no way to go on without it.",
	),
	"cluster-unauthorized": denied<{ cluster: string }>(
		({ cluster }) => `Kubernetes cluster ${cluster} does not accept the app's token.`,
		"Check that the cluster uses Entra authentication of the same tenant.",
	),
	"cluster-forbidden": denied<{ cluster: string; right: string }>(
		({ cluster, right }) => `The app may not ${right} in cluster ${cluster}.`,
		"Apply the Role and RoleBinding of docs/security.md in that namespace.",
	),
	"cluster-conflict": transient<{ cluster: string; object: string }>(
		({ cluster, object }) => `${object} in cluster ${cluster} changed at the same moment.`,
		"It is tried again by itself.",
	),
	"cluster-rejected": denied<{ cluster: string; object: string; detail: string }>(
		({ cluster, object, detail }) => `Cluster ${cluster} rejects the request for ${object}: ${detail}.`,
		"Read the API server's answer in its audit log; an admission webhook may be the reason.",
	),
	"workload-missing": denied<{ workload: string }>(
		({ workload }) => `${workload} does not exist.`,
		"Correct the consumer in the configuration, or deploy the workload.",
	),
	"workload-paused": denied<{ workload: string }>(
		({ workload }) => `${workload} is paused, so a restart would never roll.`,
		"kubectl rollout resume, then start the rotation or the delivery again.",
	),
	"workload-empty": denied<{ workload: string }>(
		({ workload }) => `${workload} is scaled to zero, so no pod can prove anything.`,
		"Scale it up, or take the consumer out of the configuration.",
	),
	"workload-ambiguous": final<{ workload: string; detail: string }>(
		({ workload, detail }) => `${workload} cannot be rolled safely: ${detail}.`,
		"Correct the workload or the consumer in the configuration.",
	),
	"exposure-too-long": final<{ workload: string; seconds: number; limit: number }>(
		({ workload, seconds, limit }) =>
			`Requests to ${workload} may fail for ${seconds} s after the change of the password, and maxExposureSeconds is ${limit}.`,
		"Do what docs/workload.md says, correct what the plan assumed, or raise maxExposureSeconds. With force the password is changed all the same.",
	),
	"exposure-unlimited": final<{ workload: string; seconds: number }>(
		({ workload, seconds }) =>
			`Requests to ${workload} may fail for ${seconds} s after the change of the password, and no maxExposureSeconds says whether that is too long.`,
		"Read docs/workload.md, correct what the plan assumed, then give the consumer maxExposureSeconds.",
	),
	"copy-immutable": final<{ copy: string }>(
		({ copy }) => `${copy} is immutable, so it can never hold the new value.`,
		"Replace it by a mutable one.",
	),
	"copy-stale": denied<{ workload: string; copy: string }>(
		({ workload, copy }) => `The copy of the secret for ${workload} has not the live value: ${copy}.`,
		"Check the driver (syncSecret, enableSecretRotation, poll interval) and its logs, or deliver the live version. With force the password is changed all the same.",
	),
	"object-unreadable": denied<{ by: string; vault: string; object: string; detail: string }>(
		({ by, vault, object, detail }) =>
			`${by} needs secret ${object} of vault ${vault} too, which ${detail}, so no new pod can mount anything of it.`,
		"Bring that secret back, or take it out of the class.",
	),
	"copy-timeout": final<{ workload: string; waitedSeconds: number }>(
		({ workload, waitedSeconds }) => `The copy of the secret for ${workload} was still old after ${waitedSeconds} s.`,
		"Check the driver's rotation (enableSecretRotation, poll interval) and its logs, then deliver again.",
	),
	"copy-unsettled": final<{ workload: string }>(
		({ workload }) => `The copy of the secret for ${workload} keeps changing back to an old value.`,
		"Look for a second writer of the copy, or a CSI driver whose rotation is off, then deliver again.",
	),
	"rollout-failed": final<{ workload: string; detail: string }>(
		({ workload, detail }) => `The rollout of ${workload} failed: ${detail}.`,
		"Look at the new pods (kubectl describe), mend, then deliver again; the old password is not valid any more.",
	),
	"rollout-timeout": final<{ workload: string; waitedSeconds: number }>(
		({ workload, waitedSeconds }) => `The rollout of ${workload} was not over after ${waitedSeconds} s.`,
		"Look at the new pods (kubectl describe), then deliver again.",
	),
	"pod-stale": final<{ workload: string; pod: string }>(
		({ workload, pod }) => `Pod ${pod} of ${workload} does not prove the new version.`,
		"Deliver again; if it stays, read the CSI driver's logs on that pod's node.",
	),
};
