// Every drill, in the order in which they are run. A new one is a file and a line here, and a name in drill.ts.

import type { Drill, DrillName } from "./drill.ts";
import { lostSecret } from "./lost-secret.ts";
import { lostTaskHub } from "./lost-task-hub.ts";
import { restoredDatabase } from "./restored-database.ts";

export const drills: { readonly [name in DrillName]: Drill } = {
	"lost-secret": lostSecret,
	"restored-database": restoredDatabase,
	"lost-task-hub": lostTaskHub,
};
