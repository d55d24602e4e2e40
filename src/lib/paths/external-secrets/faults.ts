// What can be wrong with an ExternalSecret and the store that it reads.

import { denied, final } from "../../domain/faults/kind.ts";

export const externalSecretsFaults = {
	"external-secret-missing": denied<{ externalSecret: string }>(
		({ externalSecret }) => `ExternalSecret ${externalSecret} does not exist.`,
		"Correct the consumer in the configuration, or deploy the ExternalSecret.",
	),
	"external-secret-unfit": final<{ externalSecret: string; detail: string }>(
		({ externalSecret, detail }) => `ExternalSecret ${externalSecret} cannot bring a new version: ${detail}.`,
		"Correct the ExternalSecret; src/lib/paths/external-secrets/README.md says what is needed.",
	),
	"store-unfit": final<{ store: string; detail: string }>(
		({ store, detail }) => `${store}, which External Secrets reads from, does not fit: ${detail}.`,
		"Compare spec.provider.azurekv.vaultUrl with the configuration, and look for what else writes to the vault's secret.",
	),
};
