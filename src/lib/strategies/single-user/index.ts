// One role, whose password is changed in place: see README.md.

import type * as z from "zod";
import type { Strategy } from "../strategy.ts";
import { singleUserFields } from "./schema.ts";

type SingleUser = z.infer<z.ZodObject<typeof singleUserFields>>;

export const singleUser: Strategy<typeof singleUserFields, Pick<SingleUser, "role">> = {
	fields: singleUserFields,
	values: ({ role }, { host, port, database }, password) => ({ role, password, host, port, database }),
};
