// Orders that wait for an approval, and what became of others.

import { approvalStates } from "../../../lib/domain/approval.ts";
import type { ApprovalList } from "../answers.ts";
import { approvalText, personText } from "../approval.ts";
import { command } from "../command.ts";
import { connect, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { limiting, limitOf, pages } from "../pages.ts";
import { usage } from "../parse.ts";
import { print, printing, stdoutLook, tell } from "../say.ts";
import { type Column, table } from "../table.ts";
import { timeText } from "../times.ts";

/** What the API gives in one page, at most. */
const mostOfPage = 200;
const usual = 50;

export const approvals = command({
	summary: "Orders that wait for an approval, or one of them with its plan",
	takes: [{ name: "ID", optional: true }],
	options: {
		state: {
			type: "string",
			value: "STATE",
			choices: [...approvalStates, "all"] as const,
			what: "Only those in this state; awaiting-approval if not given.",
		},
		...limiting(usual),
		...printing,
		...connecting,
	},
	examples: [
		["rotator approvals", "what waits for somebody"],
		["rotator approvals db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3", "who asked for it, why, and its plan"],
		["rotator approvals --state rejected -o json", "what was rejected"],
	],
	operations: ["listApprovals", "showApproval"],
	async run({ takes: { ID: id }, options }, around) {
		const { state = "awaiting-approval", output } = options;
		const call = connect(options, around);
		if (id !== undefined) {
			if (options.state !== undefined) throw usage("--state is for the list.", "Leave out either --state or the id.");
			const { body } = await call("showApproval", { id });
			const shown = () => approvalText(body, stdoutLook(around));
			print(around, output, body, [body], (one) => one.id, shown);
			return exits.done;
		}
		const limit = limitOf(options.limit, usual);
		const filter = state === "all" ? {} : { state };
		const { items, isMore } = await pages(limit, mostOfPage, async (page) => {
			const { body } = await call("listApprovals", { query: { ...filter, ...page } });
			return { items: body.approvals, next: body.next };
		});
		const none = state === "awaiting-approval" ? "Nothing waits for an approval.\n" : "There is none.\n";
		const shown = () => (items.length === 0 ? none : table(columns, items, stdoutLook(around)));
		print(around, output, { approvals: items }, items, (one) => one.id, shown);
		if (isMore) tell(around, `There are more than ${limit}: give a larger --limit.`);
		return exits.done;
	},
});

const columns: readonly Column<ApprovalList["approvals"][number]>[] = [
	{ title: "ASKED", of: ({ requestedAt }) => timeText(requestedAt), spare: 2 },
	{ title: "SECRET", of: ({ secret }) => secret, least: 12, spare: 1 },
	{ title: "KIND", of: ({ kind }) => kind },
	{
		title: "STATE",
		of: ({ state }) => state,
		paint: ({ state }, { busy }) => (state === "awaiting-approval" ? busy : String),
	},
	{ title: "EXPIRES", of: ({ expiresAt }) => timeText(expiresAt), spare: 3 },
	{ title: "ASKED BY", of: ({ requestedBy }) => personText(requestedBy), least: 12, spare: 4 },
	{ title: "ORDER", of: ({ id }) => id, least: 24 },
];
