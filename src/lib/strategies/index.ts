// The strategies: a new one is a folder beside this file and a line here.

import { alternatingUsers } from "./alternating-users/index.ts";
import { randomValue } from "./random-value/index.ts";
import { singleUser } from "./single-user/index.ts";
import type { Content, Place } from "./strategy.ts";

export { type Account, type Content, type Keyring, takesTurns } from "./strategy.ts";
export const strategies = {
	"single-user": singleUser,
	"alternating-users": alternatingUsers,
	"random-value": randomValue,
};

export type StrategyName = keyof typeof strategies;
export const strategyNames = Object.keys(strategies) as StrategyName[];

/** @param server the one that the secret names, where it does */
export function contentOf<S extends { readonly strategy: StrategyName }>(secret: S, server?: Place): Content {
	// Its strategy is the one whose fields it has.
	const of = strategies[secret.strategy].of as (secret: never, server: Place | undefined) => Content;
	return of(secret as never, server);
}
