// A random value that nobody but its consumers knows: see README.md.

import type * as z from "zod";
import { newRandomValue } from "../../domain/random-value.ts";
import type { Strategy } from "../strategy.ts";
import { randomValueFields } from "./schema.ts";

type RandomValue = Pick<z.infer<z.ZodObject<typeof randomValueFields>>, "random">;

export const randomValue: Strategy<typeof randomValueFields, RandomValue> = {
	fields: randomValueFields,
	of: ({ random }) => ({
		fresh: () => newRandomValue(random),
		read: (value) => ({ value }),
	}),
};
