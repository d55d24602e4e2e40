import { inFile } from "../mutant.ts";

const own = ["test/unit/compliance/evidence.test.ts"];
const judged = ["test/unit/domain/evidence/judge.test.ts"];

export const evidence = [
	...inFile("src/lib/domain/evidence/judge.ts", judged, [
		{ name: "no rotation is late", find: "&& done > deadline", replace: "&& false" },
		{
			name: "a class allows a value to grow older by its own period",
			find: "found.maxDays - secret.rotateEveryDays",
			replace: "found.maxDays",
		},
		{
			name: "a rotation that goes on with another one's value was never due",
			find: "run.due ?? continued?.due",
			replace: "run.due",
		},
		{
			name: "a rollback makes an old value new",
			find: "run.secret === id && makesNew(run) && run.done",
			replace: "run.secret === id && run.done",
		},
		{
			name: "an exempt secret counts as overdue",
			find: "overdue && exemptUntil === undefined",
			replace: "overdue",
		},
		{
			name: "any report passes for one that is on the log",
			find: "reading.reports.has(given.reportDigest)",
			replace: "true",
		},
	]),
	...inFile("src/lib/domain/evidence/overview.ts", judged, [
		{
			name: "an exemption never ends",
			find: "&& Date.parse(one.until) > now.getTime()",
			replace: "",
		},
	]),
	...inFile("src/lib/domain/evidence/runs.ts", judged, [
		{
			name: "records of another secret tell of a rotation",
			find: "|| run.secret !== data.secretName",
			replace: "",
		},
		{ name: "a look is a rotation", find: "isReal: false,", replace: "isReal: true," },
		{
			name: "an approval of another order counts",
			tests: ["test/unit/domain/evidence/approvers.test.ts"],
			find: "if (!asked.has(order) || decided.has(order)) return;",
			replace: "if (decided.has(order)) return;",
		},
		{
			name: "a requester approves their own order in the evidence",
			tests: ["test/unit/domain/evidence/approvers.test.ts"],
			find: "&& !isSameId(by, asked.get(order));",
			replace: ";",
		},
	]),
	...inFile(
		"src/lib/domain/evidence/signed.ts",
		["test/unit/domain/evidence/signed.test.ts"],
		[
			{
				name: "when evidence was produced is not signed",
				find: "canonical({ evidence, producedAt })",
				replace: "canonical({ evidence })",
			},
		],
	),
	...inFile("src/lib/compliance/evidence.ts", own, [
		{
			name: "a configuration is believed without its hash",
			find: '|| createHash("sha256").update(text).digest("hex") !== hash',
			replace: "",
		},
		{
			name: "what came after the day is told of it",
			find: "if (time >= asOf.getTime()) isPast = true;",
			replace: "if (time < 0) isPast = true;",
		},
		{
			name: "what somebody else put into the log is not told once a later day has begun",
			find: "foreign.find(({ seq = 0 }) => seq <= last)",
			replace: "(isPast ? undefined : foreign[0])",
		},
		{
			name: "a day before the log began is judged by the configuration of today",
			find: "isOver(asOf, ports.clock.now()) ? undefined : present?.config",
			replace: "present?.config",
		},
		{
			name: "a log that was written anew is whole",
			find: "&& headAgrees !== false ?",
			replace: "?",
		},
		{
			name: "what somebody put in place of evidence is handed out",
			find: "if (before && digestOf(before.evidence) === digest) return before;",
			replace: "if (before) return before;",
		},
	]),
	...inFile("src/cli/compliance-verify.ts", own, [
		{ name: "a file may show what is not signed", find: "if (!isAsWritten)", replace: "if (false)" },
	]),
	...inFile("src/lib/http/evidence.ts", own, [
		{ name: "who asks for evidence is not on the log", find: 'code: "audit-read"', replace: 'code: "redelivered"' },
	]),
	...inFile(
		"src/lib/config/policy-classes.ts",
		["test/unit/config/policy-classes.test.ts"],
		[
			{
				name: "a secret keeps its class on the last day only",
				find: "rotateEveryDays >= found.maxDays",
				replace: "rotateEveryDays > found.maxDays",
			},
		],
	),
	...inFile(
		"src/cli/rotator/evidence/html.ts",
		["test/unit/cli/evidence.test.ts"],
		[
			{
				name: "a reason is markup on an auditor's screen",
				find: `.replace(/[&<>"']/g, (character) => entities[character]!)`,
				replace: "",
			},
		],
	),
	...inFile("src/cli/compliance-verify.ts", own, [
		{
			name: "evidence without a signature is good",
			find: 'wrong.push("It is not signed: anybody could have written it.")',
			replace: "unchecked.pop()",
		},
	]),
];
