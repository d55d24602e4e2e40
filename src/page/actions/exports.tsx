// The last sweep's report as a file, and evidence: for programs, so each is asked for anew and saved as it comes.

import { useState } from "preact/hooks";
import type { Client } from "../../api/client.ts";
import { useAround } from "../around.ts";
import { csvOf, save } from "../export.ts";
import { Trouble } from "../parts/problem.tsx";

const json = (body: unknown): string => JSON.stringify(body, undefined, "\t");
const day = (iso = new Date().toISOString()): string => iso.slice(0, 10);

interface Export {
	readonly title: string;
	readonly waits: string;
	readonly role?: string;
	saved(exactly: Client): Promise<void>;
}

const exports: readonly Export[] = [
	{
		title: "Export CSV",
		waits: "Asking…",
		async saved(exactly) {
			const { body } = await exactly("showCompliance", {});
			save(`compliance-${day(body.at)}.csv`, "text/csv", csvOf(body));
		},
	},
	{
		title: "Export JSON",
		waits: "Asking…",
		async saved(exactly) {
			const { body } = await exactly("showCompliance", {});
			save(`compliance-${day(body.at)}.json`, "application/json", json(body));
		},
	},
	{
		title: "Signed evidence",
		waits: "Reading the log…",
		role: "Audit.Read",
		async saved(exactly) {
			const { body } = await exactly("showEvidence", {});
			save(`evidence-${day(body.producedAt)}.json`, "application/json", json(body));
		},
	},
];

export function Exports() {
	const { exactly, may } = useAround();
	const [error, setError] = useState<Error>();
	const [asking, setAsking] = useState<Export>();
	const start = async (one: Export) => {
		setAsking(one);
		setError(undefined);
		try {
			await one.saved(exactly);
		} catch (failed) {
			setError(failed as Error);
		} finally {
			setAsking(undefined);
		}
	};
	return (
		<div>
			<div class="actions">
				{exports
					.filter(({ role }) => role === undefined || may(role))
					.map((one) => (
						<button key={one.title} type="button" disabled={asking !== undefined} onClick={() => void start(one)}>
							{asking === one ? one.waits : one.title}
						</button>
					))}
			</div>
			<Trouble error={error} />
		</div>
	);
}
