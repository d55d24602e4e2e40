// The registry: each bench once, in the order in which they run.

import type { Bench } from "../bench.ts";
import { appends } from "./appends.ts";
import { herd } from "./herd.ts";
import { list } from "./list.ts";
import { packaged } from "./package.ts";
import { page } from "./page.ts";
import { rotation } from "./rotation.ts";
import { start } from "./start.ts";
import { sweep } from "./sweep.ts";
import { verify } from "./verify.ts";

export const benches: readonly Bench[] = [rotation, start, packaged, sweep, list, herd, appends, verify, page];
