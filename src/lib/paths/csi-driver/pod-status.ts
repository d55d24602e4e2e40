// What the driver records of each mount: a SecretProviderClassPodStatus a pod and class.
// SPS1. A version is taken only where it has the form of one. Otherwise: anyone who may write pod statuses writes into our faults,
//       records and answers, and has the vault asked for a path of theirs. Kept by: stale.test.ts, csi-driver.test.ts.

import * as z from "zod";
import type { PodFact } from "../../domain/workload.ts";
import { sameName } from "../copies.ts";

const Version = z.string().transform((text) => (/^[\w-]{1,64}$/.test(text) ? text : "of another form"));

const PodStatus = z.object({
	metadata: z.object({ ownerReferences: z.array(z.object({ uid: z.string() })).default([]) }),
	status: z.object({
		secretProviderClassName: z.string(),
		/** Kubelet's folder of the mount: `/var/lib/kubelet/pods/<uid>/volumes/...`. */
		targetPath: z.string().default(""),
		mounted: z.boolean().default(false),
		objects: z.array(z.object({ id: z.string(), version: Version })).default([]),
	}),
});
export type PodStatus = z.infer<typeof PodStatus>;

export const statusesIn = (list: unknown): PodStatus[] =>
	z
		.object({ items: z.array(z.unknown()) })
		.parse(list)
		.items.flatMap((item) => PodStatus.safeParse(item).data ?? []);

/** By uid: a StatefulSet gives a pod's name to the next one. */
export const isOf = ({ metadata, status }: PodStatus, { uid }: PodFact, providerClass: string): boolean =>
	status.secretProviderClassName === providerClass &&
	(metadata.ownerReferences.some((owner) => owner.uid === uid) || status.targetPath.split("/").includes(uid));

/** The Azure provider's id of a secret is `secret/<objectName>`. */
export const versionIn = ({ status }: PodStatus, secret: string): string | undefined =>
	status.objects.find(({ id }) => sameName(id, `secret/${secret}`))?.version;
