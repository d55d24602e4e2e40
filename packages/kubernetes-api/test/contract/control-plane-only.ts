import { expect, test } from "@jest/globals";
import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { startCluster } from "../../cluster.ts";
import { deployment, raw } from "./subject.ts";

/** What the launcher promises beside the server: its controllers run. */
export const controlPlaneOnly = (assets: string) => {
	test("with controllers, a Deployment gets its pods, and takes them along when it goes; after disposal nobody answers", async () => {
		const cluster = await startCluster({ assets, controllers: true });
		await using stack = new AsyncDisposableStack();
		stack.use(cluster);
		const core = cluster.kubeConfig().makeApiClient(CoreV1Api);
		const apps = cluster.kubeConfig().makeApiClient(AppsV1Api);
		const namespace = "default";
		const pods = async () => (await core.listNamespacedPod({ namespace })).items.length;
		const become = async (wanted: number) => {
			for (const deadline = Date.now() + 20_000; Date.now() < deadline; )
				if ((await pods()) === wanted) return wanted;
				else await new Promise((resolve) => setTimeout(resolve, 100));
			return pods();
		};
		await apps.createNamespacedDeployment({ namespace, body: deployment("web", { replicas: 2 }) });
		expect(await become(2)).toBe(2);
		await apps.deleteNamespacedDeployment({ namespace, name: "web" });
		expect(await become(0)).toBe(0);
		await stack.disposeAsync();
		await expect(raw(cluster, "/version")).rejects.toThrow("ECONNREFUSED");
	});
};
