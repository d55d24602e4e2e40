// For paths that need nothing besides the cluster.

import type { Outside } from "../../../src/lib/paths/path.ts";

const nothing = async (): Promise<never> => {
	throw new Error("this path needs nothing besides the cluster");
};

export const nothingOutside: Outside = {
	clock: { now: () => new Date() },
	repository: nothing,
	encryptionKeys: nothing,
	store: nothing,
};
