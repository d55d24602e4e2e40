import { inFile } from "../mutant.ts";

const tests = ["test/unit/steps/approvals.test.ts"];

export const approvals = [
	...inFile("src/lib/steps/approval.ts", tests, [
		{
			name: "a decision about another text of the order counts",
			find: "data.rotationId === id && data.digest === seal",
			replace: "data.rotationId === id",
		},
		{
			name: "an approval that the log does not have counts",
			find: "if (!isByAnother || rotationId",
			replace: "if (rotationId",
		},
		{
			name: "an approval starts any run of the secret",
			find: "|| rotationId !== approval.request.rotationId",
			replace: "",
		},
		{ name: "an approval has no end", find: "if (!hasBegun && ports", replace: "if (false && ports" },
		{
			name: "what was approved is done by another plan",
			find: 'if (changed !== "") throw',
			replace: "if (false) throw",
		},
		{
			name: "what an approved run had begun waits for a second approval",
			find: "isGenuine && isByAnother && hasBegun ?",
			replace: "false ?",
		},
		{
			name: "a run that nobody has ordered asks for an approval",
			find: '"redelivered"])) return asks;',
			replace: '"redelivered"]).then(() => true)) return asks;',
		},
		{
			name: "anyone who may start durable instances breaks the glass",
			find: "if (!isGiven || !isAllowed || isOver)",
			replace: "if (false)",
		},
		{
			name: "what was ordered without an approval can be started anew and is done again",
			find: "if (!isGiven || !isAllowed || isOver)",
			replace: "if (!isGiven || !isAllowed)",
		},
		{
			name: "another order is done in the place of the one that was ordered without an approval",
			find: "&& message === messageOf(request);",
			replace: ";",
		},
	]),
	...inFile("src/lib/domain/approval.ts", tests, [
		{
			name: "an id in capitals is another person",
			find: "one?.toLowerCase() === other?.toLowerCase()",
			replace: "one === other",
		},
	]),
	...inFile("src/lib/triggers/decide.ts", tests, [
		{
			name: "somebody approves their own order",
			find: "isGranted && isSamePerson(requestedBy, actor)",
			replace: "false",
		},
		{
			name: "a pipeline approves orders",
			find: 'if (!isPerson) throw new Fault("approval-by-app"',
			replace: 'if (false) throw new Fault("approval-by-app"',
		},
		{
			name: "an order is approved that is not what the log has",
			find: "if (!before.isGenuine)",
			replace: "if (false)",
		},
		{
			name: "a decision is undone by a later one",
			find: "if (before.decision) return settled(trigger, approval, before.decision, isGranted);",
			replace: "",
		},
		{
			name: "an order is approved after its time",
			find: ".getTime() >= Date.parse(expiresAt))",
			replace: ".getTime() < 0)",
		},
	]),
	...inFile("src/lib/steps/ask-approval.ts", tests, [
		{
			name: "a herd of the same order waits",
			find: "waiting.request.planDigest === asks.planDigest",
			replace: "false",
		},
		{ name: "an order that is stored is not on the log", find: "await log.append({", replace: "void ({" },
	]),
	...inFile("src/lib/compliance/openings.ts", tests, [
		{
			name: "a crash undoes what was approved",
			find: "const approved = await startEachApproved(trigger, hash);",
			replace: "const approved = 0; void startEachApproved;",
		},
	]),
	...inFile("src/lib/domain/approval.ts", tests, [
		{
			name: "what a plan warns of is none of it",
			find: "warnings: sha256([...new Set(warned)].sort()),",
			replace: "warnings: warned.join().slice(0, 0),",
		},
		{
			name: "an approved plan may be carried out at another server",
			find: "addresses: sha256(plain(addresses)),",
			replace: 'addresses: "",',
		},
		{
			name: "an approved plan may hand the value out in another form",
			find: "plain({ accepts, revokes, derived })",
			replace: "plain({ accepts, revokes })",
		},
	]),
	...inFile("src/lib/steps/calendar.ts", tests, [
		{ name: "what is approved waits for its window", find: "|| approval !== undefined", replace: "" },
	]),
];
