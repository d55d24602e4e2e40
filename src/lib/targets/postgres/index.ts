// A role of a PostgreSQL server: see README.md.

import type { Target } from "../target.ts";
import { Server } from "./schema.ts";

export const postgres: Target<typeof Server> = {
	schema: Server,
	open: async (of) => (await import("./database.ts")).postgresDatabase(of),
};
