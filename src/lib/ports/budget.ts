// How much is asked of one system by the app: so much at once, and so much in any stretch of time.

import type { Fault } from "../domain/fault.ts";

export interface Budget {
	/**
	 * Resolves with what was asked for, which is held until it is given back, once or more often.
	 * @param who has its place in line again where it waited in vain and comes again
	 * @param refuse makes what is thrown where it was waited for in vain; `isClosed`: the system itself wants nothing
	 * @param options.atOnce it is not waited for; those who wait have it first
	 */
	room(
		amount: number,
		who: string,
		refuse: (isClosed: boolean) => Fault,
		options?: { readonly atOnce?: boolean },
	): Promise<Disposable>;
	/** One was used up, and counts from now on. */
	spend(): void;
	/** The system itself wants nothing for so long. */
	close(ms: number): void;
}
