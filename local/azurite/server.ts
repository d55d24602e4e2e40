// The process that is one Azurite blob service: it is started by azurite.ts with Azurite's own arguments.
//
// Z1. The service and its temporary folder are gone when the parent is, however the parent ended. Otherwise: a killed
//     test run or demo leaves a server and its data behind. Kept by: `disconnect`, and azurite.test.ts.

import { rmSync } from "node:fs";
import { createRequire } from "node:module";

let removed = process.env.AZURITE_REMOVE_FOLDER;

// The parent's own stop: it may start the service again with the same data, and removes it at the end.
process.on("message", (asked) => {
	if (asked === "shutdown") removed = undefined;
});
process.on("disconnect", () => {
	if (removed) rmSync(removed, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
	process.exit(0);
});

createRequire(import.meta.url)("azurite/dist/src/blob/main.js");
