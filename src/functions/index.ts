// The entry of the deployed bundle: importing a file here registers its functions with the host.

import "./crash.ts";
import "./api.ts";
import "./at-work.ts";
import "./backups.ts";
import "./durable.ts";
import "./events.ts";
import "./notifications.ts";
import "./open-switches.ts";
import "./openings.ts";
import "./page.ts";
import "./sweep.ts";
