// A dialog: the browser's own, so that the focus stays in it, Escape closes it, and what is behind is out of reach. The
// focus goes back to what opened it, or to the heading where that is gone.

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { orHeading } from "../focus.ts";

export function Dialog({ title, close, children }: { title: string; close(): void; children: ComponentChildren }) {
	const dialog = useRef<HTMLDialogElement>(null);
	const id = useId();
	// Undone while what opened it is there, unlike an effect after the paint.
	useLayoutEffect(() => {
		const before = document.activeElement as HTMLElement | null;
		const shown = dialog.current!;
		shown.showModal();
		return () => {
			// What is behind an open one takes no focus.
			shown.close();
			before?.focus();
			orHeading();
		};
	}, []);
	return (
		<dialog ref={dialog} aria-labelledby={id} onClose={close}>
			<h2 id={id}>
				<bdi>{title}</bdi>
			</h2>
			{children}
		</dialog>
	);
}
