// The entry of the deployed bundle: importing a file here registers its functions with the host.

import "./durable.ts";
