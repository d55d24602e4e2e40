// What the configuration gives for a secret of this strategy, beside what every secret has.

import * as z from "zod";
import { list, mapping, oneOf, text, wanted, whole } from "../../config/fields.ts";
import { derivedOf } from "../value.ts";

const Characters = text("1 to 95 printable ASCII characters", /^[ -~]{1,95}$/);

const Class = mapping({
	characters: Characters.describe("Characters that it is drawn from."),
	atLeast: whole("characters", 0, 8).default(1).describe("How many of them are in it, at least."),
});

const Random = mapping({
	format: oneOf(["hex", "base64", "base64url", "alphanumeric", "characters", "uuid"])
		.default("base64url")
		.describe("How it is written; characters draws from classes, uuid is version 4 with 122 bits."),
	bits: whole("bits", 128, 4096).default(256).describe("Its entropy, from which its length follows; not of a uuid."),
	prefix: z
		.string(wanted("a text"))
		.regex(/^[ -~]{0,40}$/, { error: "is not up to 40 printable ASCII characters" })
		.default("")
		.describe("What it begins with; everybody may know it."),
	classes: list(Class, 10).describe("Of format characters."),
}).superRefine(({ format, classes }, context) => {
	const problem = (message: string) => context.addIssue({ code: "custom", path: ["classes"], message });
	if (format !== "characters") {
		if (classes.length > 0) problem('is for format "characters" only');
		return;
	}
	const all = classes.flatMap(({ characters }) => [...characters]);
	if (all.length < 10) problem("has fewer than 10 characters; give more, or another format");
	else if (new Set(all).size < all.length) problem("has a character twice, which would be likelier than others");
});

const Fallbacks = mapping({
	sessionLifetimeHours: whole("hours", 1, 17_520).describe(
		"How long what was signed with a key is accepted by the application: Flask's PERMANENT_SESSION_LIFETIME is 744 (31 days) by default. A key is a fallback for as long after it was replaced, and a day more.",
	),
}).describe(
	'What was signed with the key before is still accepted: the value is {"current": ..., "fallbacks": [...]}, and a rotation has two steps. Absent: the value is the key alone, and sessions end.',
);

export const randomValueFields = {
	strategy: z
		.literal("random-value", wanted('"random-value"'))
		.describe("A random value that only its consumers know."),
	random: Random.prefault({}),
	fallbacks: Fallbacks.optional(),
	derived: derivedOf("value", ["value"]),
};
