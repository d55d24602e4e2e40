// A namespace with titanic-api in it, by each kind of workload of the registry. A kind without a scene here does not compile;
// with one, it is covered by workloads.test.ts.

import type { KindName } from "../../../src/lib/kinds/index.ts";
import type { Stage } from "./clusters.ts";
import { type Scene, setScene } from "./scene.ts";

export const scenes: { readonly [K in KindName]: (stage: Stage) => Promise<Scene> } = {
	Deployment: setScene,
};
