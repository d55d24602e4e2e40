// What the configuration gives for a channel of Slack.

import * as z from "zod";
import { mapping, wanted } from "../../config/fields.ts";
import { Address, common } from "../fields.ts";

export const Slack = mapping({
	kind: z.literal("slack", wanted('"slack"')).describe("An incoming webhook of a Slack app."),
	address: Address,
	...common,
});
export type Slack = z.infer<typeof Slack>;
