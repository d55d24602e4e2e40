// The entry of the deployed bundle: importing a file here registers its functions with the host.

import "./crash.ts";
import "./audit-api.ts";
import "./cancellations-api.ts";
import "./compliance-api.ts";
import "./deliveries-api.ts";
import "./durable.ts";
import "./events.ts";
import "./open-switches.ts";
import "./reconciliations-api.ts";
import "./rollbacks-api.ts";
import "./rotations-api.ts";
import "./secrets-api.ts";
import "./sweep.ts";
