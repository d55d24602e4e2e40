// The registry of orchestrators.

import { deliver } from "./deliver.ts";
import { deliverConsumer } from "./deliver-consumer.ts";
import { notify } from "./notify.ts";
import { reconcile } from "./reconcile.ts";
import { retire } from "./retire.ts";
import { rotate } from "./rotate.ts";
import { sweepAll } from "./sweep.ts";

/** A rollback is a rotation whose value is there already. */
export const orchestrators = {
	rotate,
	deliver,
	reconcile,
	retire,
	rollback: rotate,
	deliverConsumer,
	sweepAll,
	notify,
};
