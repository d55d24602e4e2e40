// The command that does or shows the same, to be copied.

import { useRef, useState } from "preact/hooks";

/** @param line as `command` makes it */
export function Command({ line, what }: { line: string; what: string }) {
	const [copied, setCopied] = useState<boolean>();
	const code = useRef<HTMLElement>(null);
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(line);
			setCopied(true);
			setTimeout(() => setCopied(undefined), 2000);
		} catch {
			// A browser may refuse it, and has no clipboard for a page that came over plain http.
			if (code.current) getSelection()?.selectAllChildren(code.current);
			setCopied(false);
		}
	};
	return (
		<div class="command">
			<span>{what}</span>
			<code ref={code}>{line}</code>
			<button type="button" class="plain" aria-label={`Copy: ${line}`} onClick={() => void copy()}>
				{copied ? "Copied" : "Copy"}
			</button>
			<span role="status">
				{copied === false && "The browser does not let the page copy. The command is selected: copy it yourself."}
			</span>
		</div>
	);
}
