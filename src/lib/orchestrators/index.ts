// The registry of orchestrators.

import { deliver } from "./deliver.ts";
import { deliverConsumer } from "./deliver-consumer.ts";
import { reconcile } from "./reconcile.ts";
import { rotate } from "./rotate.ts";
import { sweepAll } from "./sweep.ts";

export const orchestrators = { rotate, deliver, reconcile, deliverConsumer, sweepAll };
