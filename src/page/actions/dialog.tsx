// A dialog: the browser's own, so that the focus stays in it, Escape closes it, and what is behind is out of reach.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export function Dialog({ title, close, children }: { title: string; close(): void; children: ComponentChildren }) {
	const dialog = useRef<HTMLDialogElement>(null);
	const id = useId();
	useEffect(() => {
		const before = document.activeElement as HTMLElement | null;
		dialog.current?.showModal();
		return () => before?.focus();
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
