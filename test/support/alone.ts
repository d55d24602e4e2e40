// The only instance of the app that is at work.

import type { Instances } from "../../src/lib/ports/instances.ts";

export const alone: Instances = { renew: async () => ({ live: 1, rank: 0, isNew: true }) };
