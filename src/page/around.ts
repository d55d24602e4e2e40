// What every view has: the API as the person who is signed in, and who that is.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Client } from "../api/client.ts";
import type { Person } from "./session.ts";

export interface Ways {
	readonly call: Client;
	readonly person: Person;
	may(role: string): boolean;
	signInAgain(): void;
}

export const Around = createContext<Ways>(undefined as unknown as Ways);
export const useAround = (): Ways => useContext(Around);
