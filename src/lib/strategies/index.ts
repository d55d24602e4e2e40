// The strategies: a new one is a folder beside this file and a line here.

import { singleUser } from "./single-user/index.ts";

export type { Account, Content } from "./strategy.ts";
export { shaped, withFormat } from "./value.ts";

export const strategies = {
	"single-user": singleUser,
};

export type StrategyName = keyof typeof strategies;
export const strategyNames = Object.keys(strategies) as StrategyName[];
