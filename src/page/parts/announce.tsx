// What is read aloud: changes that somebody who sees the page notices by themselves.

import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";

const Announce = createContext<(text: string) => void>(() => {});

export function Announcer({ children }: { children: ComponentChildren }) {
	const [text, setText] = useState("");
	return (
		<Announce.Provider value={setText}>
			{children}
			<div class="unseen" aria-live="polite">
				{text}
			</div>
		</Announce.Provider>
	);
}

/** @param text read aloud whenever it changes, not at first sight; `undefined`: nothing is known yet */
export function useAnnounced(text: string | undefined): void {
	const announce = useContext(Announce);
	const [before, setBefore] = useState<string>();
	useEffect(() => {
		if (text === undefined || text === before) return;
		if (before !== undefined) announce(text);
		setBefore(text);
	}, [text, before, announce]);
}
