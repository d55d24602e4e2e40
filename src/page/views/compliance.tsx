// The last sweep's report: how many are in date, what is overdue, what is an exception, how the last weeks went.

import type { ComponentChildren } from "preact";
import { ApiProblem } from "../../api/client.ts";
import { Exports } from "../actions/exports.tsx";
import type { EndedRun, Report } from "../answers.ts";
import { useAround } from "../around.ts";
import { Loading } from "../parts/loading.tsx";
import { ProblemBox, Trouble } from "../parts/problem.tsx";
import { State } from "../parts/state.tsx";
import { Ago, Day } from "../parts/time.tsx";
import { Title } from "../parts/title.tsx";
import { Trend } from "../parts/trend.tsx";
import { usePolled } from "../polled.ts";
import { hashOf } from "../route.ts";
import { firstOf, sweepsOf, weeksOf } from "../weeks.ts";
import { backupTexts, dueText, healths, states, waitText } from "../words.ts";

const weekCount = 12;
/** Of 200 runs each. */
const mostPages = 5;
type Entry = Report["secrets"][number];

export function ComplianceView() {
	const { call } = useAround();
	const report = usePolled<Report>("report", async (signal) => ({
		value: (await call("showCompliance", {}, signal)).body,
		seconds: 60,
	}));
	const runs = usePolled<readonly EndedRun[]>("runs", async (signal) => {
		const found: EndedRun[] = [];
		const since = new Date(firstOf(weekCount, Date.now())).toISOString();
		let continuation: string | undefined;
		for (let page = 0; page < mostPages; page++) {
			const query = { since, limit: "200", ...(continuation && { continuation }) };
			const { body } = await call("listRotations", { query }, signal);
			found.push(...body.rotations);
			continuation = new URLSearchParams(body.next?.split("?")[1]).get("continuation") ?? undefined;
			if (!continuation) break;
		}
		return { value: found, seconds: undefined };
	});
	const { value, at, error } = report;
	return (
		<>
			<div class="view-head">
				<div>
					<Title name="Compliance" />
					{value && (
						<p class="under dim">
							<span>
								{value.complete
									? "As the sweep saw it"
									: "A sweep is under way or was cut short; the last whole one ended"}{" "}
								{value.at ? <Ago iso={value.at} /> : "never"}
							</span>
						</p>
					)}
				</div>
				{value && <Exports />}
			</div>
			{isNone(error) ? (
				<p class="calm">The first sweep has not looked at the secrets yet.</p>
			) : (
				<Trouble error={error} at={at} />
			)}
			{value ? <Shown report={value} /> : !error && <Loading what="the last sweep's report" />}
			<section aria-labelledby="trend">
				<h2 id="trend">The last {weekCount} weeks</h2>
				<Trouble error={runs.error} />
				{runs.value ? (
					<div class="box trends">
						<Trend
							bars={weeksOf(runs.value, weekCount, Date.now())}
							what="Runs that ended, by week"
							words={["completed", "did not"]}
						/>
						{value && value.trend.length > 0 && (
							<Trend
								bars={sweepsOf(value.trend, weekCount)}
								what="Secrets, as the last sweeps found them"
								words={["in date", "not in date"]}
							/>
						)}
					</div>
				) : (
					!runs.error && <Loading what="the last weeks' runs" />
				)}
			</section>
		</>
	);
}

/** Before the first sweep nothing is wrong. */
const isNone = (error: Error | undefined): boolean => error instanceof ApiProblem && error.code === "report-missing";

/** It is not as it should be, or not by itself. */
const isApart = ({ waits, action, problem, unretired, drift, health, backup }: Entry): boolean =>
	Boolean(waits ?? problem ?? unretired ?? drift ?? backup?.problem) ||
	(backup !== undefined && backup.state !== "current") ||
	action === "held-back" ||
	(health !== undefined && health.state !== "healthy");

function Shown({ report }: { report: Report }) {
	const { secrets, unmanaged, problems, exceptions, classes } = report;
	const late = new Set(report.overdue.map(({ secret }) => secret));
	const isOverdue = ({ secret, state }: Entry) => late.has(secret) || state === "expired" || state === "unreadable";
	const overdue = secrets.filter(isOverdue);
	const apart = secrets.filter((one) => !isOverdue(one) && isApart(one));
	const inDate = secrets.filter(({ state }) => state === "compliant").length;
	return (
		<>
			<ul class="figures">
				<Figure count={secrets.length} what="managed" />
				<Figure count={inDate} what="in date" tone={inDate === secrets.length ? "good" : undefined} />
				<Figure count={secrets.filter(({ state }) => state === "due").length} what="due" />
				<Figure count={overdue.length} what="overdue" tone={overdue.length > 0 ? "bad" : undefined} />
				<Figure count={apart.length} what="to be looked at" />
				<Figure count={exceptions.length} what="exempt" />
				<Figure count={unmanaged.length} what="not managed" />
			</ul>
			{problems.map((problem) => (
				<ProblemBox key={problem.code + problem.message} problem={problem} />
			))}
			<Section id="overdue" title="Overdue" count={overdue.length} none="Nothing is overdue.">
				<Entries entries={overdue} />
			</Section>
			<Section
				id="apart"
				title="To be looked at"
				count={apart.length}
				none="All others are healthy, and wait for nobody."
			>
				<Entries entries={apart} />
			</Section>
			<Section id="exceptions" title="Exceptions" count={exceptions.length} none="The configuration exempts none.">
				<Exemptions exemptions={exceptions} />
			</Section>
			{classes.length > 0 && (
				<Section id="classes" title="Policy classes" count={classes.length} none="">
					<Classes classes={classes} unclassed={report.unclassed} />
				</Section>
			)}
			<Section
				id="unmanaged"
				title="Tagged for rotation and not managed"
				count={unmanaged.length}
				none="Everything that is tagged in the configured vaults is managed."
			>
				<table class="rows names">
					<caption class="unseen">Tagged and not managed</caption>
					<thead>
						<tr>
							<th scope="col">Secret</th>
							<th scope="col">Vault</th>
							<th scope="col">Tag rotation</th>
						</tr>
					</thead>
					<tbody>
						{unmanaged.map(({ vault, secret, rotation }) => (
							<tr key={`${vault}/${secret}`}>
								<th scope="row">{secret}</th>
								<td>{vault}</td>
								<td>{rotation}</td>
							</tr>
						))}
					</tbody>
				</table>
			</Section>
		</>
	);
}

const Figure = ({ count, what, tone }: { count: number; what: string; tone?: "good" | "bad" | undefined }) => (
	<li class="box">
		<b class={tone}>{count}</b> {what}
	</li>
);

interface Listed {
	readonly id: string;
	readonly title: string;
	readonly count: number;
	readonly none: string;
	readonly children: ComponentChildren;
}
const Section = ({ id, title, count, none, children }: Listed) => (
	<section aria-labelledby={id}>
		<h2 id={id}>
			{title} <span class="count">{count}</span>
		</h2>
		{count === 0 ? <p class="calm">{none}</p> : children}
	</section>
);

const Entries = ({ entries }: { entries: readonly Entry[] }) => (
	<table class="rows sentences">
		<caption class="unseen">Secrets</caption>
		<thead>
			<tr>
				<th scope="col">Secret</th>
				<th scope="col">State</th>
				<th scope="col" class="sentence">
					Why
				</th>
				<th scope="col" class="wide">
					Expires
				</th>
			</tr>
		</thead>
		<tbody>
			{entries.map(({ secret, state, health, dueInDays, waits, problem, unretired, drift = [], backup, expires }) => (
				<tr key={secret}>
					<th scope="row">
						<a href={hashOf("secret", secret)}>{secret}</a>
					</th>
					<td>
						<State {...states[state]} />
						{health && health.state !== "healthy" && <State {...healths[health.state]} />}
					</td>
					<td class="sentence">
						{waits ? waitText(waits) : (problem ?? unretired ?? drift[0] ?? backup?.problem)?.message}
						{backup && backup.state !== "current" && <small>{backupTexts[backup.state]}</small>}
						{dueInDays !== undefined && dueInDays < 0 && <small>{dueText(dueInDays)}</small>}
					</td>
					<td class="wide">{expires ? <Day iso={expires} /> : <span class="dim">–</span>}</td>
				</tr>
			))}
		</tbody>
	</table>
);

const Exemptions = ({ exemptions }: { exemptions: Report["exceptions"] }) => (
	<table class="rows sentences">
		<caption class="unseen">Exemptions of the configuration</caption>
		<thead>
			<tr>
				<th scope="col">Secret</th>
				<th scope="col">Until</th>
				<th scope="col" class="sentence">
					Why
				</th>
				<th scope="col" class="wide">
					Owner
				</th>
			</tr>
		</thead>
		<tbody>
			{exemptions.map(({ vault, secret, owner, reason, until, ended }) => (
				<tr key={`${vault}/${secret}`}>
					<th scope="row">
						{secret}
						<small>
							in <bdi>{vault}</bdi>
						</small>
					</th>
					<td>
						<span class="day">{until.slice(0, 10)}</span>
						{ended && <State word="ended" tone="warn" />}
					</td>
					<td class="sentence">{reason}</td>
					<td class="wide">{owner}</td>
				</tr>
			))}
		</tbody>
	</table>
);

const Classes = ({ classes, unclassed }: Pick<Report, "classes" | "unclassed">) => (
	<>
		<table class="rows names">
			<caption class="unseen">Policy classes</caption>
			<thead>
				<tr>
					<th scope="col">Class</th>
					<th scope="col">Every</th>
					<th scope="col">Secrets</th>
					<th scope="col">Overdue</th>
					<th scope="col" class="wide">
						Risk analysis
					</th>
				</tr>
			</thead>
			<tbody>
				{classes.map(({ policyClass, rationale, riskAnalysis, maxDays, secrets, overdue }) => (
					<tr key={policyClass}>
						<th scope="row">
							{policyClass}
							<small>{rationale}</small>
						</th>
						<td>{maxDays} days</td>
						<td>{secrets}</td>
						<td>{overdue > 0 ? <State word={`${overdue}`} tone="bad" /> : 0}</td>
						<td class="wide">{riskAnalysis}</td>
					</tr>
				))}
			</tbody>
		</table>
		{unclassed > 0 && <p class="dim">Managed secrets without a class: {unclassed}.</p>}
	</>
);
