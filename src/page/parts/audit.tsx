// Records of the audit log. A person asks for them, not the page: the log records who reads it.

import { useState } from "preact/hooks";
import type { AuditRecord } from "../answers.ts";
import { useAround } from "../around.ts";
import { timeText } from "../words.ts";
import { Trouble } from "./problem.tsx";

/** Each call reads a bounded part of the log. */
const mostPages = 10;

export function AuditRecords({ rotation }: { rotation: string }) {
	const { call } = useAround();
	const [records, setRecords] = useState<readonly AuditRecord[]>();
	const [error, setError] = useState<Error>();
	const [isReading, setReading] = useState(false);
	const read = async () => {
		setReading(true);
		setError(undefined);
		try {
			const found: AuditRecord[] = [];
			let continuation: string | undefined;
			for (let page = 0; page < mostPages; page++) {
				const query = { rotation, limit: "500", ...(continuation && { continuation }) };
				const { body } = await call("showAudit", { query });
				found.push(...body.records);
				setRecords([...found]);
				continuation = new URLSearchParams(body.next?.split("?")[1]).get("continuation") ?? undefined;
				if (!continuation) break;
			}
		} catch (failed) {
			setError(failed as Error);
		} finally {
			setReading(false);
		}
	};
	return (
		<>
			<Trouble error={error} />
			{records === undefined ? (
				<p>
					<button type="button" disabled={isReading} onClick={() => void read()}>
						{isReading ? "Reading…" : "Read the log"}
					</button>{" "}
					<span class="dim">That you read it is recorded too.</span>
				</p>
			) : (
				<Records records={records} />
			)}
		</>
	);
}

const Records = ({ records }: { records: readonly AuditRecord[] }) =>
	records.length === 0 ? (
		<p class="calm">The log has none of it.</p>
	) : (
		<table class="rows">
			<caption class="unseen">Audit records of this rotation</caption>
			<thead>
				<tr>
					<th scope="col">Time</th>
					<th scope="col">Step</th>
					<th scope="col">Record</th>
					<th scope="col" class="wide">
						Who
					</th>
				</tr>
			</thead>
			<tbody>
				{records.map(({ id, time, data: { seq, step, phase, code, message, actor } }) => (
					<tr key={id}>
						<td>
							<time dateTime={time} title={timeText(time)}>
								{time.slice(11, 19)}
							</time>
							<small>no. {seq}</small>
						</td>
						<th scope="row">
							{step}
							<small>{phase}</small>
						</th>
						<td>
							{code && <code>{code}</code>} <bdi>{message}</bdi>
						</td>
						<td class="wide">
							{actor.user.type}
							{actor.user.uid && <small>{actor.user.uid}</small>}
						</td>
					</tr>
				))}
			</tbody>
		</table>
	);
