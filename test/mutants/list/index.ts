// All mutants, a file a part of the product. A new promise in a file's header gets a line here that breaks it.

import type { Mutant } from "../mutant.ts";
import { adapters } from "./adapters.ts";
import { api } from "./api.ts";
import { approvals } from "./approvals.ts";
import { backups } from "./backups.ts";
import { calendar } from "./calendar.ts";
import { cancellation } from "./cancel.ts";
import { compromised } from "./compromised.ts";
import { severalFiles } from "./configuration.ts";
import { cronJobs } from "./cron-job.ts";
import { doctor } from "./doctor.ts";
import { domains } from "./domain.ts";
import { edges } from "./edges.ts";
import { evidence } from "./evidence.ts";
import { fluxSops } from "./flux-sops.ts";
import { frontDoor } from "./front-door.ts";
import { gitHubApp } from "./github-app.ts";
import { kustomizeGenerator } from "./kustomize-generator.ts";
import { notifications } from "./notifications.ts";
import { thePage } from "./page.ts";
import { namespacePlaces } from "./places.ts";
import { pullRequests } from "./pull-requests.ts";
import { retirement } from "./retire.ts";
import { rotator } from "./rotator.ts";
import { seen } from "./seen.ts";
import { activities } from "./steps.ts";
import { together } from "./together.ts";
import { unrolled } from "./unrolled.ts";
import { workloadIdentity } from "./workload-identity.ts";

export const mutants: readonly Mutant[] = [
	...activities,
	...domains,
	...adapters,
	...cronJobs,
	...fluxSops,
	...frontDoor,
	...gitHubApp,
	...kustomizeGenerator,
	...notifications,
	...namespacePlaces,
	...pullRequests,
	...retirement,
	...together,
	...cancellation,
	...compromised,
	...workloadIdentity,
	...unrolled,
	...api,
	...rotator,
	...thePage,
	...doctor,
	...calendar,
	...evidence,
	...approvals,
	...seen,
	...backups,
	...edges,
	...severalFiles,
];
