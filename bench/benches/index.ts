// The registry: each bench once, in the order in which they run.

import type { Bench } from "../bench.ts";
import { appends } from "./appends.ts";
import { packaged } from "./package.ts";
import { rotation } from "./rotation.ts";
import { verify } from "./verify.ts";

export const benches: readonly Bench[] = [rotation, packaged, appends, verify];
