// A random value that nobody but its consumers knows: see README.md.

import type * as z from "zod";
import { accepting, accepts, isKeyring, neededFrom, signing, signsAs } from "../../domain/keyring.ts";
import { newRandomValue } from "../../domain/random-value.ts";
import type { Keyring, Strategy } from "../strategy.ts";
import { randomValueFields } from "./schema.ts";

type RandomValue = Pick<z.infer<z.ZodObject<typeof randomValueFields>>, "random" | "fallbacks">;

export const randomValue: Strategy<typeof randomValueFields, RandomValue> = {
	fields: randomValueFields,
	of: ({ random, fallbacks }) => ({
		fresh: () => newRandomValue(random),
		read: (value) => (fallbacks === undefined || isKeyring(value) ? { value } : undefined),
		...(fallbacks && { keyring: keyringOf(fallbacks.sessionLifetimeHours * 3_600_000) }),
	}),
};

const keyringOf = (lifetimeMs: number): Keyring => ({
	neededFrom: (now) => neededFrom(now, lifetimeMs),
	accepts,
	signsAs,
	accepting,
	signing,
});
