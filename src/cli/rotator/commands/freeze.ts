// Lets no rotation start by itself for a time.

import { wrongWithReason } from "../../../lib/domain/reason.ts";
import type { FreezeList } from "../answers.ts";
import { personText } from "../approval.ts";
import { command } from "../command.ts";
import { confirmed, saysYes } from "../confirm.ts";
import { connect, connecting } from "../connect.ts";
import { exits } from "../exits.ts";
import { usage } from "../parse.ts";
import { print, printing, stdoutLook, tell } from "../say.ts";
import { type Column, table } from "../table.ts";
import { durationOf, timeText } from "../times.ts";

export const freeze = command({
	summary: "Let no rotation start by itself until a time; list freezes; end one",
	details: `Of all secrets, of an application's or of one. What people order with --force, what was cut short and deliveries go on. Expiry beats
no freeze, so it ends within 30 days. Without options it lists the freezes, those of the configuration too.`,
	takes: [],
	options: {
		until: { type: "string", value: "TIME", what: "When it ends: 2026-12-20T08:00:00+01:00, or 8h from now." },
		secret: { type: "string", value: "NAME", what: "Only for this secret." },
		namespace: { type: "string", value: "NAME", what: "Only for secrets with a consumer in this namespace." },
		list: { type: "boolean", what: "List those that are on or still to come." },
		end: { type: "string", value: "ID", what: "End this one." },
		reason: { type: "string", value: "TEXT", what: "Why, for the audit log and for people who are told to wait." },
		...saysYes,
		...printing,
		...connecting,
	},
	examples: [
		["rotator freeze --until 8h --reason 'release 4.2'", "asks, and puts it on for all secrets"],
		[
			"rotator freeze --until 2026-12-20T08:00:00Z --namespace titanic-api --reason CHG-1912 --yes",
			"for one application",
		],
		["rotator freeze --end 2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3 --reason 'released' --yes", "ends it"],
	],
	operations: ["listFreezes", "startFreeze", "endFreeze"],
	async run({ options }, around) {
		const { until, end, list, reason, secret, namespace, output } = options;
		const ways = [until !== undefined, end !== undefined, list === true].filter(Boolean).length;
		if (ways > 1) throw usage("--until, --end and --list are three commands.", "Give one of them.");
		const isOfList = until === undefined && end === undefined;
		if (until === undefined && (secret !== undefined || namespace !== undefined))
			throw usage("--secret and --namespace need --until.", "Say when the freeze ends.");
		const call = connect(options, around);
		if (isOfList) {
			const { body } = await call("listFreezes", {});
			const { freezes } = body;
			const shown = () => (freezes.length === 0 ? "No freeze.\n" : table(columns, freezes, stdoutLook(around)));
			print(around, output, body, freezes, ({ id = "(configuration)" }) => id, shown);
			return exits.done;
		}
		if (reason === undefined) throw usage("--reason is missing.", "Say why; people who have to wait are told.");
		const wrong = wrongWithReason(reason);
		if (wrong) throw usage(`--reason ${wrong}.`, "");
		if (end !== undefined) {
			if (!(await confirmed(`End freeze ${end}? What waited for it is started within ten minutes.`, options, around)))
				return exits.usage;
			const { body } = await call("endFreeze", { id: end, body: { reason } });
			print(
				around,
				output,
				body,
				[body],
				({ id = "" }) => id,
				() => table(columns, [body], stdoutLook(around)),
			);
			return exits.done;
		}
		const time = timeOf(until!, around.now());
		const what = secret ?? (namespace === undefined ? "any secret" : `a secret of ${namespace}`);
		if (!(await confirmed(`No rotation of ${what} starts by itself until ${timeText(time)}?`, options, around)))
			return exits.usage;
		const { body } = await call("startFreeze", { body: { until: time, reason, secret, namespace } });
		print(
			around,
			output,
			body,
			[body],
			({ id = "" }) => id,
			() => table(columns, [body], stdoutLook(around)),
		);
		tell(around, `End it: rotator freeze --end ${body.id} --reason TEXT`);
		return exits.done;
	},
});

/** @throws Unusable */
function timeOf(text: string, now: Date): string {
	const ms = durationOf(text);
	const time = ms === undefined ? new Date(text) : new Date(now.getTime() + ms);
	const isTold = ms !== undefined || /(Z|[+-]\d\d:\d\d)$/.test(text);
	if (!isTold || Number.isNaN(time.getTime()))
		throw usage("--until is not a time with its offset.", "Give 2026-12-20T08:00:00+01:00, or 8h.");
	return `${time.toISOString().slice(0, 19)}Z`;
}

const columns: readonly Column<FreezeList["freezes"][number]>[] = [
	{ title: "UNTIL", of: ({ until }) => timeText(until) },
	{ title: "FROM", of: ({ from }) => timeText(from), spare: 2 },
	{
		title: "FOR",
		of: ({ secret, secrets, namespace }) =>
			secret ?? secrets?.join(", ") ?? (namespace && `namespace ${namespace}`) ?? "all",
		least: 12,
	},
	{ title: "WHY", of: ({ reason }) => reason, least: 16, cut: "end" },
	{ title: "BY", of: ({ by }) => (by ? personText(by) : "configuration"), least: 12, spare: 3 },
	{ title: "FREEZE", of: ({ id }) => id, spare: 1 },
];
