// The targets: a new one is a folder beside this file, a line here, and its faults in domain/fault.ts.

import { postgres } from "./postgres/index.ts";

export const targets = {
	postgres,
};

export type TargetName = keyof typeof targets;
export const targetNames = Object.keys(targets) as TargetName[];
