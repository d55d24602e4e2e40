// Evidence as one page that prints: no script, nothing loaded from anywhere.
// EH1. Every text is escaped, and the page may run and load nothing. Otherwise: anyone who gives a reason, or tags a secret, runs a
//      script on an auditor's machine. Kept by: evidence.test.ts.
// EH2. No text makes the page wider than its window, or turns what is around it. Otherwise: one long name pushes the verdict out of sight.
//      Kept by: page-hostile.test.ts.
// EH3. On paper no column is cut off, across or upright. Otherwise: what is wrong with a run is beside the sheet.
//      Kept by: page-hostile.test.ts.

import { digestOf } from "../../../lib/domain/evidence/signed.ts";
import type { Evidence as Statement } from "../../../lib/domain/evidence/statement.ts";
import type { Evidence } from "../answers.ts";
import { plain } from "../terminal.ts";
import { timeText } from "../times.ts";

type Body = Evidence["evidence"];
type Cell = string | number | undefined;

const entities: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&#39;",
};
const escaped = (text: Cell): string => plain(`${text ?? ""}`).replace(/[&<>"']/g, (character) => entities[character]!);
const time = (at: string | undefined): string => (at === undefined ? "" : timeText(at));

const style = `
:root { color-scheme: light; }
body { font: 14px/1.45 system-ui, sans-serif; color: #1a1a1a; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0; }
dt { color: #555; }
dd { margin: 0; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 60rem; }
th, td { border-bottom: 1px solid #ccc; padding: .3rem .5rem; text-align: left; vertical-align: top; unicode-bidi: isolate; }
td { min-width: 4.5em; }
th { border-bottom: 2px solid #444; font-weight: 600; overflow-wrap: normal; }
.bad { color: #a40000; font-weight: 600; }
.small { font-size: .85em; color: #555; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .4rem; } }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  body { margin: 0; padding: 0; max-width: none; font-size: 9pt; }
  .table { overflow: visible; }
  table { min-width: 0; }
  th, td { padding: .2rem .25rem; }
  thead { display: table-header-group; }
  tr, dl { break-inside: avoid; }
  h2 { break-after: avoid; }
}`;

/** A cell that is made to stand out. */
interface Marked {
	readonly bad: string;
}
const bad = (is: boolean, text: string): Marked | string => (is ? { bad: text } : "");

const cell = (content: Cell | Marked): string =>
	typeof content === "object" ? `<td class="bad">${escaped(content.bad)}</td>` : `<td>${escaped(content)}</td>`;

function table(caption: string, heads: readonly string[], rows: readonly (readonly (Cell | Marked)[])[]): string {
	if (rows.length === 0) return `<h2>${escaped(caption)}</h2>\n<p>None.</p>\n`;
	const head = heads.map((name) => `<th scope="col">${escaped(name)}</th>`).join("");
	const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n");
	return `<h2>${escaped(caption)} (${rows.length})</h2>\n<div class="table" role="region" tabindex="0" aria-label="${escaped(caption)}"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>\n`;
}

const facts = (rows: readonly (readonly [string, Cell | Marked])[]): string =>
	`<dl>${rows
		.filter(([, value]) => value !== undefined && value !== "")
		.map(([name, value]) => {
			const isBad = typeof value === "object";
			const text = escaped(isBad ? value.bad : value);
			return `<dt>${escaped(name)}</dt><dd${isBad ? ' class="bad"' : ""}>${text}</dd>`;
		})
		.join("\n")}</dl>\n`;

export function htmlOf(signed: Evidence): string {
	const { evidence } = signed;
	const title = `Rotation of credentials: evidence as of ${time(evidence.head.asOf)}`;
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escaped(title)}</title>
<style>${style}
</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${headOf(signed)}${bodyOf(evidence)}</main>
</body>
</html>
`;
}

function headOf({ evidence, producedAt, key, jws }: Evidence): string {
	const { asOf, period, scope, tool, version, configHash, configurationMissing, rows, log } = evidence.head;
	const verdict = `${log.verdict}: records 1 to ${log.records}${log.flaw === undefined ? "" : `; ${log.flaw}`}`;
	return facts([
		["Period", `${time(period.from)} to ${time(period.to)}`],
		["State as of", time(asOf)],
		["Scope", `${scope.secrets} managed secrets; vaults ${scope.vaults.join(", ")}`],
		["Produced", `${time(producedAt)} by ${tool} ${version}`],
		["Rows", rows],
		["Configuration", configurationMissing ? { bad: `not known (SHA-256 ${configHash ?? "unknown"})` } : configHash],
		["Audit log", log.name],
		["Verdict on the log", log.verdict === "whole" ? verdict : { bad: verdict }],
		["Last record", `${log.last.seq}, ${log.last.hash}`],
		[
			"Signed head",
			log.signedHead ? `record ${log.signedHead.head.seq}, ${time(log.signedHead.head.time)}` : { bad: "none" },
		],
		["Signed with", jws === undefined ? { bad: "not signed: no key is set" } : key],
		["SHA-256 of the evidence", digestOf(evidence as Statement)],
		["How to check it", "rotator compliance verify evidence.json, on the JSON of the same digest"],
	]);
}

function bodyOf({ classes, population, exemptions, secrets, rotations, breakGlass }: Body): string {
	return [
		table(
			"Policy classes",
			["Class", "At most", "Rationale", "Risk analysis", "Secrets", "Overdue", "Rotations", "Late"],
			classes.map((one) => [
				...[one.policyClass, `${one.maxDays} days`, one.rationale, one.riskAnalysis, one.secrets],
				...[one.overdue > 0 ? { bad: `${one.overdue}` } : 0, one.rotations, one.late > 0 ? { bad: `${one.late}` } : 0],
			]),
		),
		populationOf(population),
		table(
			"Exemptions",
			["Vault", "Secret", "Owner", "Reason", "Until", "State"],
			exemptions.map(({ vault, secret, owner, reason, until, ended }) => [
				...[vault, secret, owner, reason, until, ended ? { bad: "ended" } : "in force"],
			]),
		),
		table(
			"Managed secrets",
			["Secret", "Vault", "Class", "Last new value", "Next", "State", "Wrong"],
			secrets.map((one) => [
				...[one.secret, one.vault, one.policyClass ?? { bad: "none" }, time(one.last), time(one.next)],
				one.exemptUntil === undefined ? one.state : `${one.state}, exempt until ${one.exemptUntil}`,
				wrongWith(one),
			]),
		),
		table(
			"Runs of the period",
			["Secret", "Kind", "Due", "Done", "Late", "Who", "Why", "Approved by", "Proof", "Ended", "Records"],
			rotations.map((one) => [
				...[one.secret, one.kind, time(one.due), time(one.done), bad(one.late, "late")],
				...[[one.by, one.who].filter(Boolean).join(" "), one.reason, approvalOf(one)],
				one.proof.map(({ workload, record }) => `${workload} (record ${record})`).join("; "),
				...[one.code ?? "under way", `${one.records.first} to ${one.records.last}`],
			]),
		),
		table(
			"Past an approval (break-glass)",
			["Rotation"],
			breakGlass.map((id) => [id]),
		),
	].join("");
}

const approvalOf = ({ approvedBy, breakGlass }: Body["rotations"][number]): string | Marked | undefined =>
	breakGlass ? { bad: "break-glass" } : approvedBy;

const wrongWith = ({ overdue, lateRotations, drift, problem }: Body["secrets"][number]): string | Marked => {
	const late = lateRotations > 0 ? [`${lateRotations} late`] : [];
	const wrong = [...(overdue ? ["overdue"] : []), ...late, ...drift, ...(problem === undefined ? [] : [problem])];
	return bad(wrong.length > 0, wrong.join(", "));
};

function populationOf({ sweptAt, reportDigest, onLog, vaults, unmanaged }: Body["population"]): string {
	const counts = table(
		"Population",
		["Vault", "Listed at", "Secrets", "Managed", "Rotator's own", "Tagged, not managed", "Others"],
		vaults.map((one) => [
			...[one.vault, time(one.at), one.listed, one.managed, one.pending],
			...[one.unmanaged > 0 ? { bad: `${one.unmanaged}` } : 0, one.others],
		]),
	);
	const source =
		sweptAt === undefined
			? '<p class="bad">No sweep has ended by then: nobody has compared the vaults with the configuration.</p>\n'
			: `<p class="small">Source: the vaults' own lists against the configuration, by the sweep of ${escaped(time(sweptAt))}; its report <bdi>${escaped(reportDigest)}</bdi> ${onLog ? "is on the audit log" : '<span class="bad">is not on the audit log</span>'}.</p>\n`;
	return `${counts}${source}${table(
		"Tagged, and not managed",
		["Vault", "Secret", "Tag rotation"],
		unmanaged.map(({ vault, secret, rotation }) => [vault, secret, rotation]),
	)}`;
}
