// Where the focus goes when what had it is gone: to the view's heading.
// FOC1. It is never lost to the document. Otherwise: with the keyboard or a screen reader one begins again at the top of the page.
//       Kept by: test/e2e/page-alone.test.ts.

import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** Once what is being taken away is gone. */
export const orHeading = (): void =>
	queueMicrotask(() => {
		const { activeElement, body } = document;
		if (activeElement === null || activeElement === body) document.querySelector<HTMLElement>("main h1")?.focus();
	});

/** For a button that goes when there is nothing more to do. A layout effect is undone while its element is still there. */
export function useFocusKept(button: RefObject<HTMLElement | null>): void {
	useLayoutEffect(() => {
		const { current } = button;
		return () => {
			if (current?.contains(document.activeElement)) orHeading();
		};
	}, [button]);
}
