// The hand of a cluster with the Secrets Store CSI driver: a poller renews files, pod statuses and the synced Secret once a
// round; new pods mount what is the latest then, and take the Secret's values into their environment.

import { objectsText } from "../../contract/support/scene.ts";
import { copy, deploymentHand, name } from "./deployment-hand.ts";
import type { Hand, HandOptions } from "./hand.ts";

const providerClass = "titanic-kv-secrets";
const csi = "secrets-store.csi.x-k8s.io/v1";

/** @param how.readsAgain the pods take what the files have, whenever that becomes new */
export const csiHand = (options: HandOptions, { readsAgain = false, by = deploymentHand } = {}): Promise<Hand> =>
	by(options, ({ api, of, make }) => {
		const { vault, namespace, also } = options;
		const objects = ["db-password", "db-connection-string", ...(also === undefined ? [] : [also])];
		let synced = "";

		/** The latest versions, as the driver may read them; a disabled one keeps it from mounting anything. */
		const latest = () => {
			const found = objects.map((object) => vault.owner.get(object));
			return found.every((one) => one?.enabled) ? found.map((one) => one!) : undefined;
		};
		const status = (pod: string, uid: string, versions: NonNullable<ReturnType<typeof latest>>) => ({
			podName: pod,
			targetPath: `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~csi/secrets/mount`,
			secretProviderClassName: providerClass,
			mounted: true,
			objects: versions.map((one) => ({ id: `secret/${one.name}`, version: one.version })),
		});
		const statusName = (pod: string) => `${pod}-${namespace}-${providerClass}`;

		return {
			spec,
			rules: [],
			async begin() {
				await make(of(csi, "secretproviderclasses"), csi, "SecretProviderClass", providerClass, {
					spec: {
						provider: "azure",
						parameters: { keyvaultName: vault.name, objects: objectsText(objects) },
						secretObjects: [
							{
								secretName: copy,
								type: "Opaque",
								data: objects.map((objectName) => ({ objectName, key: objectName })),
							},
						],
					},
				});
			},
			async given() {
				const [password, , other] = latest() ?? [];
				return password && { password: password.value, ...mountedOf(password, other) };
			},
			/** The poller: files, pod statuses, Secret. */
			async renew(pods) {
				const versions = latest();
				const key = versions?.map(({ version }) => version).join();
				if (!versions || key === synced) return pods;
				const data = Object.fromEntries(versions.map((one) => [one.name, btoa(one.value)]));
				if (synced === "") await make(of("v1", "secrets"), "v1", "Secret", copy, { data });
				else await api.merge(of("v1", "secrets", copy), { data });
				for (const pod of pods)
					await api.merge(of(csi, "secretproviderclasspodstatuses", statusName(pod.name)), {
						status: status(pod.name, pod.uid, versions),
					});
				synced = key!;
				const read = readsAgain ? { password: versions[0]!.value } : {};
				return pods.map((pod) => ({ ...pod, ...mountedOf(versions[0]!, versions[2]), ...read }));
			},
			async mounted(pod) {
				await make(
					of(csi, "secretproviderclasspodstatuses"),
					csi,
					"SecretProviderClassPodStatus",
					statusName(pod.name),
					{ status: status(pod.name, pod.uid, latest()!) },
				);
			},
			async unmounted(pod) {
				await api.remove(of(csi, "secretproviderclasspodstatuses", statusName(pod.name)));
			},
		};
	});

type Held = { readonly version: string };
const mountedOf = ({ version }: Held, other: Held | undefined) => ({ version, ...(other && { other: other.version }) });

const spec = {
	containers: [
		{
			name,
			image: "titanic-api:1.0.0",
			volumeMounts: [{ name: "secrets", mountPath: "/mnt/secrets", readOnly: true }],
		},
	],
	volumes: [
		{
			name: "secrets",
			csi: {
				driver: "secrets-store.csi.k8s.io",
				readOnly: true,
				volumeAttributes: { secretProviderClass: providerClass },
			},
		},
	],
};
