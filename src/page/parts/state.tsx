// A state as a word and a shape: a colour alone says nothing to people who cannot see it.

import type { Said, Tone } from "../words.ts";

const shapes: Readonly<Record<Tone, string>> = {
	good: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.7 5.2-4.3 4.6a.8.8 0 0 1-1.2 0L4.3 8.7l1.2-1.1 1.3 1.4 3.7-4Z",
	busy: "M8 1a7 7 0 1 0 7 7h-2.2A4.8 4.8 0 1 1 8 3.2Z",
	warn: "M8 1.2 15.4 14.5H.6ZM7.1 6v4.3h1.8V6Zm0 5.3v1.6h1.8v-1.6Z",
	bad: "M5 1h6l4 4v6l-4 4H5l-4-4V5Zm.4 3L4 5.4 6.6 8 4 10.6 5.4 12 8 9.4l2.6 2.6 1.4-1.4L9.4 8 12 5.4 10.6 4 8 6.6Z",
	quiet: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 2a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z",
};

export const Shape = ({ tone }: { tone: Tone }) => (
	<svg class={`shape ${tone}`} viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
		<path fill="currentColor" fill-rule="evenodd" d={shapes[tone]} />
	</svg>
);

export const State = ({ word, tone }: Said) => (
	<span class={`state ${tone}`}>
		<Shape tone={tone} />
		{word}
	</span>
);
