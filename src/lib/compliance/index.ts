// The registry of the sweep's activities.

import { atBoundary } from "../steps/boundary.ts";
import { finishSweep } from "./finish.ts";
import { sweepPage } from "./page.ts";
import { sweepVault } from "./vault.ts";

export const sweepActivities = {
	sweepPage: atBoundary("sweep", sweepPage),
	sweepVault: atBoundary("sweep", sweepVault),
	finishSweep: atBoundary("sweep", finishSweep),
};

export type SweepActivities = typeof sweepActivities;
