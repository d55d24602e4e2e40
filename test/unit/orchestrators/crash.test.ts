// Every effect of a rotation, and the process dies before it, and after it: the rotation must end well all the same. The
// effects are counted by a recording run, so a new one is covered by being there.

import { describe, expect, test } from "@jest/globals";
import { rotationWorld } from "../../support/rotation-world.ts";

const worlds: Record<string, Options> = {
	"login mode self": { login: { mode: "self" } },
	"login mode admin-secret": { login: { mode: "admin-secret", secret: "admin-password", role: "rotator" } },
	"a value that is more than the password": { value: "json" },
	"a value that no database knows": { value: "random" },
	"a key that is accepted before it signs": { value: "keys" },
};

const hasRole = (options: Options) => options?.value === undefined || options.value === "json";
/** Of the live secret, with the one that was there. */
const valuesOf = (options: Options) => (options?.value === "keys" ? 3 : 2);

type Options = Parameters<typeof rotationWorld>[0];

async function effectsOf(options: Options): Promise<string[]> {
	const world = rotationWorld(options);
	await world.run(world.request());
	return world.effects;
}

describe.each(Object.entries(worlds))("with %s", (_, options) => {
	test("every effect can be the last one before the process dies, and the rotation completes", async () => {
		const effects = await effectsOf(options);
		expect(effects.includes("setPassword titanic_admin")).toBe(hasRole(options));
		for (const [index, effect] of effects.entries()) {
			for (const when of ["before", "after"] as const) {
				const world = rotationWorld(options);
				world.dieAt(index + 1, when);
				const { result } = await world.run(world.request());
				const chain = await world.chain();
				expect(world.died()).toBe(true);
				expect({ effect, when, ...seen(result, await world.agreement(), world.values().size, chain) }).toEqual({
					effect,
					when,
					outcome: "completed",
					agreement: { liveLogsIn: true, derivedAgrees: true, isNew: true },
					values: valuesOf(options),
					whole: true,
				});
			}
		}
	});

	test("a rotation whose instance is lost at any effect is gone on with by the next trigger, with the same password", async () => {
		const effects = await effectsOf(options);
		for (const [index, effect] of effects.entries()) {
			for (const when of ["before", "after"] as const) {
				const world = rotationWorld(options);
				world.loseInstanceAt(index + 1, when);
				await world.run(world.request()).catch(() => {});
				expect(world.died()).toBe(true);
				const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
				const over = result.outcome === "completed" || result.code === "not-due";
				expect({ effect, when, over, agreement: await world.agreement(), values: world.values().size }).toEqual({
					effect,
					when,
					over: true,
					agreement: { liveLogsIn: true, derivedAgrees: true, isNew: true },
					values: valuesOf(options),
				});
			}
		}
	});
});

/** Two faults at once: what may not be written for good, and a process that dies on the way there or on the way back. */
describe.each([
	{ denied: "db-password", before: "never" },
	{ denied: "db-connection-string", before: "once" },
	{ denied: "db-jdbc-url", before: "never" },
	{ denied: "db-jdbc-url", before: "once" },
])("while $denied may not be written, of a secret that was $before rotated before", ({ denied, before }) => {
	async function openWorld() {
		const world = rotationWorld();
		const { derived } = world.config.secrets["db-password"];
		derived.push({ secret: "db-jdbc-url", template: "jdbc:postgresql://{host}/{database}?password={password}" });
		// As somebody wrote it: not letter by letter what the template makes.
		world.vault.seed("db-jdbc-url", `jdbc:postgresql:titanic?password=${world.firstPassword}`, {});
		world.hold("db-password", "db-connection-string", "db-jdbc-url");
		const standing = async () => {
			const [live, derivedToo] = ["db-password", "db-jdbc-url"].map((name) => world.vault.versions(name).at(-1)?.value);
			const { liveLogsIn, derivedAgrees } = await world.agreement();
			return { liveLogsIn, derivedAgrees, isNew: live !== old, derivedTooAgrees: derivedToo?.endsWith(`=${live}`) };
		};
		if (before === "once") {
			await world.run(world.request());
			world.pass(91 * 86_400_000);
		}
		const old = world.live().value;
		const from = world.effects.length;
		return { world, allow: world.vault.deny("write", denied), standing, from };
	}

	const inService = { liveLogsIn: true, derivedAgrees: true, derivedTooAgrees: true };

	test.each([
		{ title: "the step comes again", lose: "dieAt" },
		{ title: "its instance is lost and another trigger comes", lose: "loseInstanceAt" },
	] as const)(
		"at whichever effect the process dies and $title, nobody is locked out, and the next one completes",
		async ({ lose }) => {
			const { world: recorded, from } = await openWorld();
			expect((await recorded.run(recorded.request())).result.outcome).toBe("compensated");
			expect(recorded.effects.slice(from).filter((effect) => effect === `setPassword ${recorded.role}`)).toHaveLength(
				2,
			);
			for (const [index, effect] of recorded.effects.slice(from).entries()) {
				for (const when of ["before", "after"] as const) {
					const { world, allow, standing } = await openWorld();
					world[lose](from + index + 1, when);
					let ended = await world.run(world.request()).catch(() => undefined);
					// What is refused has no moment after it.
					const isRefused = effect === `write ${denied}`;
					expect(world.died()).toBe(when === "before" || !isRefused);
					ended ??= await world.run(world.request({ actor: { kind: "timer" } }));
					expect({ effect, when, outcome: ended.result.outcome, ...(await standing()) }).toEqual({
						...{ effect, when, outcome: "compensated" },
						...{ ...inService, isNew: false },
					});

					allow();
					const { result } = await world.run(world.request());
					const { bad, openIntents } = await world.chain();
					expect({ effect, when, outcome: result.outcome, ...(await standing()), bad, openIntents }).toEqual({
						...{ effect, when, outcome: "completed" },
						...{ ...inService, isNew: true },
						...{ bad: undefined, openIntents: [] },
					});
				}
			}
		},
	);
});

function seen(result: { outcome?: string }, agreement: object, values: number, chain: { bad?: unknown }): object {
	return { outcome: result.outcome, agreement, values, whole: chain.bad === undefined };
}
