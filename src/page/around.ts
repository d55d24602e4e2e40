// What every view has: the API as the person who is signed in, and who that is.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Client } from "../api/client.ts";
import type { Person } from "./session.ts";

export interface Ways {
	/** Its answers are as they may be shown. */
	readonly call: Client;
	/** Its answers are as they came: to be saved, never shown. */
	readonly exactly: Client;
	readonly person: Person;
	may(role: string): boolean;
	signInAgain(): void;
}

export const Around = createContext<Ways>(undefined as unknown as Ways);
export const useAround = (): Ways => useContext(Around);
