// What the configuration gives for this path.

import * as z from "zod";
import { mapping, text, wanted } from "../../../../src/lib/config/fields.ts";

export const MadeUp = mapping({
	path: z.literal("made-up", wanted('"made-up"')).describe("Files on a share that every pod mounts."),
	madeUpShare: text("the folder of the share", /^[\w./-]{1,200}$/).describe("The share, as the app mounts it."),
});
export type MadeUp = z.infer<typeof MadeUp>;
