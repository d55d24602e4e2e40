import { expect, test } from "@jest/globals";
import type { V1ObjectMeta, V1Secret } from "@kubernetes/client-node";
import { ownerOf } from "../../../../src/lib/paths/kubernetes-secret/owners.ts";

const key = "db-password";
const has = (manager: string, own = key) => ({ manager, fieldsV1: { "f:data": { ".": {}, [`f:${own}`]: {} } } });
const of = (metadata: V1ObjectMeta): V1Secret => ({ metadata });
const labels = (name: string, value: string) => ({ labels: { [name]: value } });
const annotated = (name: string, value: string) => ({ annotations: { [name]: value } });
const owned = (kind: string, name: string, controller = true) => ({
	ownerReferences: [{ apiVersion: "v1", kind, name, uid: "1", controller }],
});
const applied = (content: unknown) =>
	annotated(
		"kubectl.kubernetes.io/last-applied-configuration",
		typeof content === "string" ? content : JSON.stringify(content),
	);

const kept: Record<string, [V1ObjectMeta, string]> = {
	"Flux's kustomize-controller": [
		{ ...labels("kustomize.toolkit.fluxcd.io/name", "apps"), managedFields: [has("kustomize-controller")] },
		"Flux (Kustomization apps)",
	],
	"Flux's helm-controller": [
		{ ...labels("helm.toolkit.fluxcd.io/name", "titanic"), managedFields: [has("helm-controller")] },
		"Flux (HelmRelease titanic)",
	],
	"Flux without its label": [{ managedFields: [has("kustomize-controller")] }, "Flux"],
	Helm: [
		{ ...annotated("meta.helm.sh/release-name", "titanic"), managedFields: [has("helm")] },
		"Helm (release titanic)",
	],
	"Argo CD by annotation": [
		{
			...annotated("argocd.argoproj.io/tracking-id", "titanic:/Secret:titanic-api/x"),
			managedFields: [has("argocd-controller")],
		},
		"Argo CD (application titanic)",
	],
	"Argo CD by its manager alone": [{ managedFields: [has("argocd-application-controller")] }, "Argo CD"],
	"External Secrets by its label": [
		{ ...labels("reconcile.external-secrets.io/managed", "true"), managedFields: [] },
		"External Secrets",
	],
	"External Secrets by its owner": [owned("ExternalSecret", "titanic"), "External Secrets (ExternalSecret titanic)"],
	"the CSI driver": [labels("secrets-store.csi.k8s.io/managed", "true"), "the Secrets Store CSI driver"],
	"a SealedSecret": [owned("SealedSecret", "titanic"), "SealedSecret (titanic)"],
	"an owner that is no controller": [owned("Certificate", "tls", false), "Certificate (tls)"],
	"server-side kubectl apply": [{ managedFields: [has("kubectl")] }, "kubectl apply"],
	"kubectl apply, by what it applied last": [
		{ ...applied({ data: { [key]: "b2xk" } }), managedFields: [has("kubectl-edit")] },
		"kubectl apply",
	],
	"kubectl apply in plain text": [{ ...applied({ stringData: { [key]: "old" } }), managedFields: [] }, "kubectl apply"],
	"an annotation that cannot be read": [{ ...applied("{"), managedFields: [] }, "kubectl apply"],
	"another program": [{ managedFields: [has("kubectl-create"), has("terraform")] }, "field manager terraform"],
	"a program whose name is none": [{ managedFields: [has("a b\npassword=x")] }, "field manager of another name"],
	"a tool, where the server tells of no field": [
		labels("kustomize.toolkit.fluxcd.io/name", "apps"),
		"Flux (Kustomization apps)",
	],
};

test.each(Object.entries(kept))("a key that is kept by %s is named so", (_, [metadata, owner]) => {
	expect(ownerOf(of(metadata), key)).toBe(owner);
});

const free: Record<string, V1ObjectMeta> = {
	"nobody at all": {},
	"the rotator itself": { managedFields: [has("titanic-secret-rotator")] },
	"a person, once": {
		managedFields: ["kubectl-create", "kubectl-edit", "kubectl-patch", "kubectl-replace"].map((one) => has(one)),
	},
	"somebody from before managers were told": { managedFields: [has("before-first-apply")] },
	"Flux, another key": {
		...labels("kustomize.toolkit.fluxcd.io/name", "apps"),
		managedFields: [has("kustomize-controller", "flask-secret-key"), has("titanic-secret-rotator")],
	},
	"Flux, the labels alone": {
		...labels("kustomize.toolkit.fluxcd.io/name", "apps"),
		managedFields: [{ manager: "kustomize-controller", fieldsV1: { "f:metadata": {} } }],
	},
	"kubectl apply, without values": { ...applied({ metadata: {} }), managedFields: [has("kubectl-patch")] },
};

test.each(Object.entries(free))("a key that was written by %s is nobody else's", (_, metadata) => {
	expect(ownerOf(of(metadata), key)).toBeUndefined();
});
