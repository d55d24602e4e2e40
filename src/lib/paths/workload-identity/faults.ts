// What can be wrong with pods that read the vault themselves.

import { denied, final } from "../../domain/faults/kind.ts";

export const workloadIdentityFaults = {
	"service-account-missing": denied<{ serviceAccount: string; workload: string }>(
		({ serviceAccount, workload }) => `ServiceAccount ${serviceAccount}, which ${workload} names, does not exist.`,
		"Deploy the ServiceAccount, or correct serviceAccountName in the pod template.",
	),
	"identity-unset": final<{ workload: string; detail: string }>(
		({ workload, detail }) => `The pods of ${workload} get no identity to read the vault with: ${detail}.`,
		"Set it in the manifest; src/lib/paths/workload-identity/README.md says what is needed.",
	),
	"version-pinned": final<{ workload: string; place: string; secret: string }>(
		({ workload, place, secret }) =>
			`${workload} pins the version of ${secret} (${place}), so it never reads a new one.`,
		"Name the secret there without a version.",
	),
	"session-unnamed": final<{ workload: string }>(
		({ workload }) =>
			`No container of ${workload} gets its pod's name, so no session can have it as its application_name.`,
		"Give a container the variable PGAPPNAME from fieldRef metadata.name (docs/workload.md), or take applicationName out of the consumer's delivery.",
	),
};
