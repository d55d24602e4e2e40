// How a watch shows itself: a tree that is drawn over on a terminal, a line for each change elsewhere, or JSON.
// RCI1. What is drawn over is never taller or wider than the terminal. Otherwise: moving up stops at its first line, and each look
//      leaves a copy of the tree behind. Kept by: watch.test.ts.

import type { Rotation } from "../answers.ts";
import type { Around, Screen } from "../around.ts";
import { clipped, folded } from "../fold.ts";
import { jsonText, type OutputForm, stderrLook, stdoutLook } from "../say.ts";
import type { Look } from "../terminal.ts";
import { plain } from "../terminal.ts";
import { changesBetween } from "./changes.ts";
import { treeOf } from "./tree.ts";

export interface Picture {
	show(rotation: Rotation): void;
	trouble(sentence: string): void;
	/** Nothing is drawn over any more. */
	end(): void;
}

export function pictureFor(form: OutputForm, around: Around): Picture {
	if (form === "ndjson") return eachAsJson(around);
	const [screen, look] = form === "table" ? [around.stdout, stdoutLook(around)] : [around.stderr, stderrLook(around)];
	return look.live ? drawn(screen, look, around) : lines(screen, around);
}

function eachAsJson({ stdout }: Around): Picture {
	let last = "";
	return {
		show(rotation) {
			const text = jsonText(rotation);
			if (text !== last) stdout.write(text);
			last = text;
		},
		trouble() {},
		end() {},
	};
}

function lines(screen: Screen, { now }: Around): Picture {
	let before: Rotation | undefined;
	const write = (line: string) => void screen.write(`${now().toISOString().slice(0, 19)}Z  ${line}\n`);
	return {
		show(rotation) {
			for (const line of changesBetween(before, rotation)) write(line);
			before = rotation;
		},
		trouble: (sentence) => write(plain(sentence)),
		end() {},
	};
}

const noWrap = "\u001b[?7l";
const wrap = "\u001b[?7h";

function drawn(screen: Screen, look: Look, { now, stdin }: Around): Picture {
	let height = 0;
	let latest: Rotation | undefined;
	let note = "";
	const draw = (isLast: boolean) => {
		if (!latest) return;
		const tree = [...treeOf(latest, look, now()), ...(note && !isLast ? [look.busy(plain(note))] : [])];
		const columns = screen.columns ?? 80;
		const all = isLast
			? tree.flatMap((line) => folded(line, columns))
			: tree.map((line) => clipped(line, columns, look.ellipsis));
		const shown = isLast ? all : all.slice(0, Math.max(1, (screen.rows ?? 24) - 2));
		if (shown.length < all.length) shown.push(look.dim(`${look.ellipsis} ${all.length - shown.length} more lines`));
		const back = height === 0 ? "" : `\u001b[${height}A\r\u001b[J`;
		screen.write(isLast ? `${back}${shown.join("\n")}\n` : `${back}${noWrap}${shown.join("\n")}\n${wrap}`);
		height = shown.length;
	};
	// The clock goes on between two looks.
	// Enter moves the tree up by a line, and the way back is longer by it.
	const typed = (text: unknown) => {
		if (height === 0) return;
		height += String(text).split("\n").length - 1;
		draw(false);
	};
	if (stdin.isTTY) stdin.on("data", typed);
	const tick = setInterval(() => draw(false), 1000);
	tick.unref();
	return {
		show(rotation) {
			[latest, note] = [rotation, ""];
			draw(false);
		},
		trouble(sentence) {
			note = sentence;
			draw(false);
		},
		end() {
			clearInterval(tick);
			if (stdin.isTTY) stdin.off("data", typed).pause();
			draw(true);
		},
	};
}
