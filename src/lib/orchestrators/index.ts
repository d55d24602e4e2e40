// The registry of orchestrators.

import { deliver } from "./deliver.ts";
import { deliverConsumer } from "./deliver-consumer.ts";
import { rotate } from "./rotate.ts";

export const orchestrators = { rotate, deliver, deliverConsumer };
