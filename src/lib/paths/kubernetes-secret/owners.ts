// Who else keeps a key of a Secret, and would write its own value back at its next sync, upgrade or apply. No I/O.
// OK1. Recognized by what the API server records of each field, by owner references, and by labels where nothing else shows it.
//      Otherwise: the rotation ends well, and minutes later Flux has put the old password back.
// OK2. A writer that is not a known program wrote once: a person's kubectl create, edit, patch or replace. Otherwise: no
//      Secret that somebody made by hand can ever be rotated.
// OK3. Names come from the cluster: only what has the form of one is repeated.
// All kept by: owners.test.ts.

import type { V1ManagedFieldsEntry, V1Secret } from "@kubernetes/client-node";
import { fieldManager } from "../../kinds/mark.ts";

const byHand = ["kubectl-create", "kubectl-edit", "kubectl-patch", "kubectl-replace", "before-first-apply"];
/** Keeps its password in clear, and restores it at the next apply. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** @returns as a sentence names it after "is kept by": `Flux (Kustomization titanic-api)`; `undefined` where it is nobody else's */
export function ownerOf(secret: V1Secret, key: string): string | undefined {
	const whole = ownerOfAll(secret);
	if (whole !== undefined) return whole;
	const { managedFields = [], annotations = {} } = secret.metadata ?? {};
	const managers = managedFields.filter((entry) => hasKey(entry, key)).map(({ manager = "" }) => manager);
	const other = managers.find((manager) => manager !== fieldManager && !byHand.includes(manager));
	if (other !== undefined) return called(other, secret);
	if (appliesKey(annotations[lastApplied], key)) return called("kubectl-client-side-apply", secret);
	return managedFields.length === 0 ? deployedBy(secret) : undefined;
}

/** Those that write all of a Secret, whichever keys it has. */
function ownerOfAll({ metadata = {} }: V1Secret): string | undefined {
	const { labels = {}, ownerReferences = [] } = metadata;
	const owner = ownerReferences.find(({ controller }) => controller) ?? ownerReferences[0];
	if (owner?.kind === "ExternalSecret" || labels["reconcile.external-secrets.io/managed"] === "true")
		return `External Secrets${of("ExternalSecret", owner?.name)}`;
	if (labels["secrets-store.csi.k8s.io/managed"] === "true") return "the Secrets Store CSI driver";
	return owner && `${named(owner.kind) ?? "an owner"}${of("", owner.name)}`;
}

const hasKey = ({ fieldsV1 }: V1ManagedFieldsEntry, key: string): boolean =>
	(fieldsV1 as { "f:data"?: Record<string, unknown> } | undefined)?.["f:data"]?.[`f:${key}`] !== undefined;

/** Unreadable, it may have the key. */
function appliesKey(annotation: string | undefined, key: string): boolean {
	if (annotation === undefined) return false;
	try {
		const { data, stringData } = JSON.parse(annotation) as Record<string, Record<string, unknown> | undefined>;
		return data?.[key] !== undefined || stringData?.[key] !== undefined;
	} catch {
		return true;
	}
}

/** A tool by the name under which it writes, with what it writes for where the Secret says so. */
function called(manager: string, secret: V1Secret): string {
	if (manager === "kubectl-client-side-apply" || manager === "kubectl") return "kubectl apply";
	return deployedBy(secret) ?? (manager.startsWith("argocd") ? "Argo CD" : (tools[manager] ?? unknown(manager)));
}

const tools: Readonly<Record<string, string>> = {
	"kustomize-controller": "Flux",
	"helm-controller": "Flux",
	helm: "Helm",
	Helm: "Helm",
	"external-secrets": "External Secrets",
};

const unknown = (manager: string): string => `field manager ${named(manager) ?? "of another name"}`;

function deployedBy({ metadata = {} }: V1Secret): string | undefined {
	const { labels = {}, annotations = {} } = metadata;
	const kustomization = labels["kustomize.toolkit.fluxcd.io/name"];
	if (kustomization !== undefined) return `Flux${of("Kustomization", kustomization)}`;
	const helmRelease = labels["helm.toolkit.fluxcd.io/name"];
	if (helmRelease !== undefined) return `Flux${of("HelmRelease", helmRelease)}`;
	const tracking = annotations["argocd.argoproj.io/tracking-id"] ?? labels["argocd.argoproj.io/instance"];
	if (tracking !== undefined) return `Argo CD${of("application", tracking.split(":")[0])}`;
	const release = annotations["meta.helm.sh/release-name"];
	if (release !== undefined) return `Helm${of("release", release)}`;
	return undefined;
}

/** ` (Kustomization titanic-api)` */
function of(kind: string, name: string | undefined): string {
	const shown = named(name);
	return shown === undefined ? "" : ` (${kind === "" ? shown : `${kind} ${shown}`})`;
}

const named = (text: string | undefined): string | undefined =>
	text !== undefined && /^[A-Za-z0-9][\w.-]{0,62}$/.test(text) ? text : undefined;
