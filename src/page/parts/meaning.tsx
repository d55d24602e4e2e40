// What a code means, in the API's own words.

import { useEffect, useState } from "preact/hooks";
import type { Client } from "../../api/client.ts";
import { useAround } from "../around.ts";

interface Meaning {
	readonly means: string;
	readonly next?: string | undefined;
}

/** Each code is asked for once. */
const known = new Map<string, Promise<Meaning | undefined>>();

function meaningOf(call: Client, code: string): Promise<Meaning | undefined> {
	const asked =
		known.get(code) ??
		call("showCode", { code }).then(
			({ body }) => body,
			() => undefined,
		);
	known.set(code, asked);
	return asked;
}

/** A sentence, once it is known; where it names things, `…` stands for them. */
export function Meaning({ code, withNext = false }: { code: string; withNext?: boolean }) {
	const { call } = useAround();
	const [meaning, setMeaning] = useState<Meaning>();
	useEffect(() => {
		let isShown = true;
		void meaningOf(call, code).then((found) => isShown && setMeaning(found));
		return () => {
			isShown = false;
		};
	}, [call, code]);
	if (!meaning) return <code>{code}</code>;
	return (
		<>
			<bdi>{withoutNames(meaning.means)}</bdi> <code>{code}</code>
			{withNext && meaning.next && (
				<span class="next">
					{" "}
					Next: <bdi>{withoutNames(meaning.next)}</bdi>
				</span>
			)}
		</>
	);
}

const withoutNames = (text: string): string => text.replace(/<[^<>]*>\.?/g, "…").replaceAll("`", "");
