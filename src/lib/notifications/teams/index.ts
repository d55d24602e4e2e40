// An Adaptive Card for a Workflow of Microsoft Teams: see README.md.
// TM1. Nothing of it is read as Markdown: texts stand in runs, and the only link is ours. Otherwise: a name with brackets shows a link
//      of its maker's, in our card. Kept by: messages.test.ts.

import { factsOf, headline } from "../../domain/notification.ts";
import type { ChannelKind } from "../kind.ts";
import { Teams } from "./schema.ts";

const run = (text: string, more: object = {}) => ({ type: "TextRun", text, ...more });
const paragraph = (...inlines: readonly object[]) => ({ type: "RichTextBlock", inlines });

export const teams: ChannelKind<typeof Teams> = {
	schema: Teams,
	reader: "people",
	async message({ data }) {
		const content = {
			$schema: "http://adaptivecards.io/schemas/adaptive-card.json",
			type: "AdaptiveCard",
			version: "1.4",
			body: [
				paragraph(run(headline(data), { weight: "Bolder", size: "Medium" })),
				paragraph(run(data.means)),
				...factsOf(data).map(([label, text]) => paragraph(run(`${label}: `, { weight: "Bolder" }), run(text))),
			],
			...(data.link !== undefined && { actions: [{ type: "Action.OpenUrl", title: "See it", url: data.link }] }),
		};
		const card = { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content };
		return {
			body: JSON.stringify({ type: "message", attachments: [card] }),
			headers: { "Content-Type": "application/json; charset=utf-8" },
		};
	},
};
