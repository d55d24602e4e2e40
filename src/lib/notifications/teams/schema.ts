// What the configuration gives for a channel of Microsoft Teams.

import * as z from "zod";
import { mapping, wanted } from "../../config/fields.ts";
import { Address, common } from "../fields.ts";

export const Teams = mapping({
	kind: z
		.literal("teams", wanted('"teams"'))
		.describe("A Workflow of Microsoft Teams that posts what it gets to a channel or chat."),
	address: Address,
	...common,
});
export type Teams = z.infer<typeof Teams>;
