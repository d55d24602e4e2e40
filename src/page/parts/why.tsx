// Why a secret is not well: what the run that it is about has said, or else what its code means.

import { useEffect, useState } from "preact/hooks";
import type { Client } from "../../api/client.ts";
import type { Problem } from "../answers.ts";
import { useAround } from "../around.ts";
import { Meaning } from "./meaning.tsx";

/** Of runs that are over: what they said stays. */
const known = new Map<string, Promise<Problem | undefined>>();

function problemOf(call: Client, id: string): Promise<Problem | undefined> {
	const asked =
		known.get(id) ??
		call("showRotation", { id }).then(
			({ body }) => body.problem,
			() => undefined,
		);
	known.set(id, asked);
	return asked;
}

export function Why({ code, rotationId }: { code: string; rotationId: string | undefined }) {
	const { call } = useAround();
	const [problem, setProblem] = useState<Problem>();
	useEffect(() => {
		let isShown = true;
		if (rotationId !== undefined) void problemOf(call, rotationId).then((found) => isShown && setProblem(found));
		return () => {
			isShown = false;
		};
	}, [call, rotationId]);
	if (!problem) return <Meaning code={code} withNext />;
	return (
		<>
			<bdi>{problem.message}</bdi> <code>{problem.code}</code>{" "}
			<span class="next">
				Next: <bdi>{problem.next}</bdi>
			</span>
		</>
	);
}
