// Block Kit for an incoming webhook of Slack: see README.md.
// SL1. Nothing of it is read as mrkdwn, and the three characters of its fallback text are escaped. Otherwise: a name such as
//      `<!channel>` wakes everybody. Kept by: messages.test.ts.

import { factsOf, headline } from "../../domain/notification.ts";
import type { ChannelKind } from "../kind.ts";
import { Slack } from "./schema.ts";

/** Slack refuses a longer one. */
const mostInHeader = 150;
const mostInText = 2_900;

const plain = (text: string, most = mostInText) => ({
	type: "plain_text",
	text: text.length <= most ? text : `${text.slice(0, most - 4).toWellFormed()} ...`,
	emoji: false,
});
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export const slack: ChannelKind<typeof Slack> = {
	schema: Slack,
	reader: "people",
	async message({ data }) {
		const title = headline(data);
		const facts = factsOf(data).map(([label, text]) => `${label}: ${text}`);
		const section = (text: string) => ({ type: "section", text: plain(text) });
		const button = { type: "button", text: plain("See it"), url: data.link };
		return {
			body: JSON.stringify({
				text: escaped(title),
				blocks: [
					{ type: "header", text: plain(title, mostInHeader) },
					section(data.means),
					...(facts.length > 0 ? [section(facts.join("\n"))] : []),
					...(data.link === undefined ? [] : [{ type: "actions", elements: [button] }]),
				],
			}),
			headers: { "Content-Type": "application/json; charset=utf-8" },
		};
	},
};
