// Kubernetes: the API, the workload and the copy. What only one delivery path knows is in its folder.

import { denied, final, queued, transient } from "./kind.ts";

export const clusterFaults = {
	/** Nothing of the Kubernetes API answered. */
	"cluster-unreachable": transient<{ cluster: string; detail: string }>(
		({ cluster, detail }) => `Kubernetes cluster ${cluster} cannot be reached: ${detail}.`,
		"Check the API server's address, its authorised networks and the app's VNet integration, and that the cluster is started.",
	),
	"namespace-queued": queued<{ cluster: string; namespace: string }>(
		({ cluster, namespace }) =>
			`So many rotations deliver to namespace ${namespace} of cluster ${cluster} that this one waits for its turn.`,
		"It comes again by itself. clusters.<name>.deliveriesAtOnce says how many may at once (docs/configuration.md).",
	),
	"cluster-failed": transient<{ cluster: string; detail: string }>(
		({ cluster, detail }) => `Kubernetes cluster ${cluster} was reached and failed to answer: ${detail}.`,
		"It is tried again by itself; if it stays, look at the health of the control plane, or of the proxy before it.",
	),
	"cluster-throttled": transient<{ cluster: string; answer: string }>(
		({ cluster, answer }) => `Kubernetes cluster ${cluster} is throttling the app's requests: ${answer}.`,
		"It is tried again by itself; if it stays, look for a client that floods the API server, or give the app's identity a FlowSchema.",
	),
	/** An admission webhook that is down is deployed again as a rule; its failurePolicy is Fail. */
	"webhook-silent": transient<{ cluster: string; object: string; verb: string; webhook: string; answer: string }>(
		({ cluster, object, verb, webhook, answer }) =>
			`Cluster ${cluster} cannot ${verb} ${object} for the app, because ${webhook} does not answer it: ${answer}.`,
		"It is tried again by itself; if it stays, repair that webhook's service, certificate or configuration (kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations).",
	),
	"cluster-denied": denied<{ cluster: string; object: string; verb: string; by: string; answer: string }>(
		({ cluster, object, verb, by, answer }) =>
			`In cluster ${cluster} the app's ${verb} of ${object} is denied by ${by}, although the app has the right to it: ${answer}.`,
		"Ask the owner of that policy to allow the app's identity this change: annotations of a pod template, which kubectl rollout restart makes too, or the keys of a Secret that the app writes.",
	),
	"cluster-unserved": denied<{ cluster: string; resource: string; answer: string }>(
		({ cluster, resource, answer }) => `Kubernetes cluster ${cluster} does not serve ${resource}: ${answer}.`,
		"Install what defines it (for secretproviderclasses the Secrets Store CSI driver), or correct the cluster's server in the configuration.",
	),
	"cluster-untrusted": denied<{ cluster: string; detail: string }>(
		({ cluster, detail }) =>
			`The certificate of Kubernetes cluster ${cluster} is not trusted, or is for another name: ${detail}.`,
		"Give its CA in clusters.<name>.ca, or renew the certificate where it has expired; there is no way to go on without it.",
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
		({ cluster, object }) => `${object} in cluster ${cluster} was changed or deleted at the same moment.`,
		"It is tried again by itself.",
	),
	"cluster-rejected": denied<{ cluster: string; object: string; detail: string }>(
		({ cluster, object, detail }) => `Cluster ${cluster} rejects the request for ${object}: ${detail}.`,
		"Read the API server's answer in its audit log.",
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
		({ workload }) =>
			`${workload} is to have no pods (it is scaled to zero, or no node fits it), so none can prove anything.`,
		"Scale it up, label a node for it, or take the consumer out of the configuration.",
	),
	"workload-held": denied<{ workload: string; detail: string }>(
		({ workload, detail }) => `${workload} does not replace all its pods when its template changes: ${detail}.`,
		"Give it updateStrategy RollingUpdate without a partition, or take the consumer out of the configuration; then start the rotation or the delivery again.",
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
	"source-elsewhere": final<{ workload: string; place: string; secret: string }>(
		({ workload, place, secret }) =>
			`${workload} takes the value of ${secret} from ${place} too, which this delivery path does not renew.`,
		"Take it from what the delivery path renews.",
	),
	"copy-unused": final<{ workload: string; copy: string; key: string }>(
		({ workload, copy, key }) => `${workload} takes nothing from key ${key} of ${copy}.`,
		"Correct the consumer in the configuration, or have a container take the value from there.",
	),
	"copy-immutable": final<{ copy: string }>(
		({ copy }) => `${copy} is immutable, so it can never hold the new value.`,
		"Replace it by a mutable one.",
	),
	"copy-stale": denied<{ workload: string; copy: string }>(
		({ workload, copy }) => `The copy of the secret for ${workload} does not have the live value: ${copy}.`,
		"Check whatever writes it (of the CSI driver syncSecret, enableSecretRotation and poll interval) and its logs, or deliver the live version. With force the password is changed all the same.",
	),
	"object-unreadable": denied<{ by: string; vault: string; object: string; detail: string }>(
		({ by, vault, object, detail }) =>
			`${by} needs secret ${object} of vault ${vault} too, which ${detail}, so no new pod can mount anything of it.`,
		"Bring that secret back, or take it out of the class.",
	),
	"copy-timeout": final<{ workload: string; waitedSeconds: number; copy: string }>(
		({ workload, waitedSeconds, copy }) =>
			`The copy of the secret for ${workload} was still old after ${waitedSeconds} s: ${copy}.`,
		"See what brings that copy. External Secrets and Flux say it in the status of their objects; the CSI driver has its rotation off (enableSecretRotation, poll interval) where the old version is mounted, its syncSecret where the new one is, and where nothing is mounted kubectl describe pod says why. Then deliver again.",
	),
	"copy-unsettled": final<{ workload: string; copy: string }>(
		({ workload, copy }) => `The copy of the secret for ${workload} keeps changing back to an old value: ${copy}.`,
		"Look for a second writer of that Secret (kubectl get secret --show-managed-fields), or a CSI driver whose rotation is off, then deliver again.",
	),
	"rollout-failed": final<{ workload: string; detail: string }>(
		({ workload, detail }) => `The rollout of ${workload} failed: ${detail}.`,
		"Correct what keeps the new pods from serving (kubectl describe pod, kubectl logs --previous), then deliver again; the old password is not valid any more.",
	),
	/** From the condition ReplicaFailure. */
	"pods-refused": denied<{ workload: string; detail: string }>(
		({ workload, detail }) => `The cluster makes no new pod of ${workload}: ${detail}.`,
		"Raise the quota, or allow the pod at the limit range, webhook or policy (kubectl describe replicaset shows its words); the rollout then goes on by itself.",
	),
	/** kubernetes/kubernetes#67250 */
	"rollout-blocked": denied<{ workload: string; detail: string }>(
		({ workload, detail }) => `The controller of ${workload} replaces no pod: ${detail}.`,
		"Make that pod ready, or delete it (kubectl delete pod): its successor is of the newest template. The rollout then goes on by itself.",
	),
	"canary-failed": final<{ workload: string; canary: string }>(
		({ workload, canary }) =>
			`${workload} did not get the new version, because ${canary}, which is to have it first, has not proved it.`,
		"Correct what is reported of that one, then deliver again: it begins with that one.",
	),
	/** A warning of the plan. */
	"canary-ignored": final<{ secret: string; canary: string }>(
		({ secret, canary }) =>
			`The value of ${secret} is compromised, so the other consumers do not wait until ${canary} has proved the new one.`,
		"Nothing, if somebody knows the value who must not; else rotate it without compromised.",
	),
	"rollout-timeout": final<{ workload: string; waitedSeconds: number; waitingFor: string }>(
		({ workload, waitedSeconds, waitingFor }) =>
			`The rollout of ${workload} was not over after ${waitedSeconds} s; it waited for this: ${waitingFor}.`,
		"Correct what keeps those pods (kubectl describe pod, kubectl logs --previous) or give rolloutTimeoutSeconds more, then deliver again.",
	),
	/** Of a workload that is not rolled. */
	"proof-timeout": final<{ workload: string; waitedSeconds: number; waitingFor: string }>(
		({ workload, waitedSeconds, waitingFor }) =>
			`${workload} did not prove the new version within ${waitedSeconds} s; it waited for this: ${waitingFor}.`,
		"Correct what keeps those pods (kubectl describe pod, kubectl logs --previous) or give rolloutTimeoutSeconds more, then deliver again.",
	),
	"run-under-way": final<{ workload: string; pods: string }>(
		({ workload, pods }) =>
			`A run of ${workload} is under way (${pods}): once the password is changed, it opens no new session until it ends.`,
		"Wait for its end, or go on if it keeps the sessions that it has; alternating-users lets it end in peace.",
	),
	"run-not-over": final<{ workload: string; waitedSeconds: number; pod: string; detail: string }>(
		({ workload, waitedSeconds, pod, detail }) =>
			`A run of ${workload} that does not have the new version was still under way after ${waitedSeconds} s: pod ${pod}, ${detail}.`,
		"Wait for its end or end it (kubectl delete job), then deliver again; or give rolloutTimeoutSeconds as long as a run takes.",
	),
	"never-renewed": final<{ workload: string; place: string }>(
		({ workload, place }) =>
			`${workload} takes the value from ${place}, which stays as it is while a pod runs, and with roll: none no pod is replaced.`,
		"Have the application read a file of a volume that a running container mounts whole (no env, envFrom or subPath), or take roll: none out of the consumer.",
	),
	"renewed-too-late": final<{ workload: string; seconds: number; limit: number }>(
		({ workload, seconds, limit }) =>
			`Pods of ${workload} may have a new version only after ${seconds} s, and its rolloutTimeoutSeconds is ${limit}.`,
		"Give rolloutTimeoutSeconds more, or shorten the interval.",
	),
	"pod-stale": final<{ workload: string; pod: string; detail: string }>(
		({ workload, pod, detail }) => `Pod ${pod} of ${workload} does not prove the new version: ${detail}.`,
		"Deliver again; if it stays, read the CSI driver's logs on that pod's node, or the pod's own where it reads the vault itself.",
	),
};
