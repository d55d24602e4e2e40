// What the app may do at each system.

import { diagnose } from "../doctor/index.ts";
import { handle, reply } from "./handle.ts";
import { secretOf } from "./known.ts";

/** `POST /api/doctor` */
export const askDoctor = handle("askDoctor", async ({ body: { secret } }, { ports, rotations }) => {
	if (secret !== undefined) secretOf((await ports.configuration()).config, secret);
	const secrets = secret === undefined ? undefined : [secret];
	return reply(
		200,
		await diagnose({ ports, rotations }, { secrets: (config) => secrets ?? Object.keys(config.secrets) }),
	);
});
