// The kinds of channel: a new one is a folder beside this file and a line here.

import * as z from "zod";
import { wantedIn } from "../config/fields.ts";
import type { Notification } from "../domain/notification.ts";
import { eventGrid } from "./event-grid/index.ts";
import type { ChannelKind, Message, Try } from "./kind.ts";
import { slack } from "./slack/index.ts";
import { teams } from "./teams/index.ts";
import { webhook } from "./webhook/index.ts";

export const channelKinds = { "event-grid": eventGrid, webhook, teams, slack };

export type ChannelKindName = keyof typeof channelKinds;
export const channelKindNames = Object.keys(channelKinds) as ChannelKindName[];

type Schema = (typeof channelKinds)[ChannelKindName]["schema"];
const schemas = Object.values(channelKinds).map(({ schema }) => schema) as [Schema, ...Schema[]];

export const ChannelConfig = z.discriminatedUnion(
	"kind",
	schemas,
	wantedIn("kind", channelKindNames.map((name) => `kind ${JSON.stringify(name)}`).join(" or ")),
);
export type ChannelConfig = z.infer<typeof ChannelConfig>;

/** By its name: what is given for a kind is that kind's. */
const kindOf = ({ kind }: ChannelConfig) => channelKinds[kind] as ChannelKind<z.ZodType<ChannelConfig>>;

export const readerOf = (channel: ChannelConfig): "people" | "machines" => kindOf(channel).reader;

export const messageOf = (notification: Notification, channel: ChannelConfig, sending: Try): Promise<Message> =>
	kindOf(channel).message(notification, channel, sending);
