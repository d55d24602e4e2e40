// A view's heading, which is where the focus goes when the view changes.

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

/** @param name for the window's title */
export function Title({ name, children }: { name: string; children?: ComponentChildren }) {
	useEffect(() => {
		document.title = `${name} · Secret rotation`;
	}, [name]);
	return <h1 tabIndex={-1}>{children ?? <bdi>{name}</bdi>}</h1>;
}
