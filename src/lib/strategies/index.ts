// The strategies: a new one is a folder beside this file and a line here.

import { singleUser } from "./single-user/index.ts";

export const strategies = {
	"single-user": singleUser,
};

export type StrategyName = keyof typeof strategies;
export const strategyNames = Object.keys(strategies) as StrategyName[];
