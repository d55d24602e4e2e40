// The command that does or shows the same, to be copied.

import { useState } from "preact/hooks";

/** @param line as `command` makes it */
export function Command({ line, what }: { line: string; what: string }) {
	const [isCopied, setCopied] = useState(false);
	const copy = async () => {
		await navigator.clipboard.writeText(line);
		setCopied(true);
		setTimeout(() => setCopied(false), 2000);
	};
	return (
		<div class="command">
			<span>{what}</span>
			<code>{line}</code>
			<button type="button" class="plain" aria-label={`Copy: ${line}`} onClick={() => void copy()}>
				{isCopied ? "Copied" : "Copy"}
			</button>
		</div>
	);
}
