// An instance is counted among those at work as soon as it starts, not when its first switch asks for room: one that joins has
// nothing for half a minute (share.ts).
// AW1. The start does not wait for this. Otherwise: each cold start takes longer.

import { app } from "@azure/functions";
import { ports } from "./wiring.ts";

app.hook.appStart(() => void setImmediate(() => void ports.begin()));
