// The critical section: the database gets the new password, it is proved by a login, and the vault publishes it.
// SW1. One activity, no queue hop: the gap between ALTER committed and the new version readable is one login and one write.
// SW2. Idempotent: whatever an earlier run left behind, this one ends with vault and database in agreement, or throws to
//      come again. Kept by: crash.test.ts, where the process dies before and after each effect.
// SW3. The old password is set again only when the vault certainly did not take the new one. Otherwise: a write whose
//      answer was lost is live while the database has the old password, and nobody gets in.
// SW4. The session proves its lock right before the vault is written and right after; where it does not have it any more, or
//      much time has passed, the new password logs in once more. Otherwise: a run that was stopped in between publishes a
//      password that two later rotations have replaced. Kept by: zombie.test.ts.
//
// What it sets out from (found.ts), by what is live:
// | state        | live                              | the database accepts    | so                                        |
// |--------------|-----------------------------------|-------------------------|-------------------------------------------|
// | base         | the version to be replaced        | whatever                | set, test, publish, derive                |
// | unreadable   | none that can be read             | whatever                | the same                                  |
// | taken-back   | what took this rotation back      | that, or it is the base | the same, again                           |
// | written-over | somebody else's version           | the wanted password     | the same: it is the only way out          |
// | published    | the wanted value                  | whatever                | set and test unless it logs in, derive    |
// | live-changed | somebody else's version           | that, or neither        | end                                       |
// | pending-lost | this rotation's, and it is rejected; nobody can read the wanted one     | the way back, overtaken |
//
// How it goes wrong, and from where the way back leads (way-back.ts):
// | what failed                                   | from        | then                                                 |
// |-----------------------------------------------|-------------|------------------------------------------------------|
// | the new password does not log in              | altered     | final                                                |
// | nobody can tell whether it does, or the lock  | altered     | come again                                           |
// | the vault says no to the live secret          | altered     | final, or come again                                 |
// | neither write nor read is answered            | -           | come again: the write may be on its way              |
// | a derived secret is refused for good          | published   | final                                                |
// | the published password is rejected by now     | overtaken   | final: others have been there                        |
// A final end is one only where vault and database agree (settled.ts).
//
// Where only consumers know the value (random-value), "the database accepts" reads "is live": there is nothing to set and test,
// no lock and no gap, and the way back is the vault's alone. `written-over` and `overtaken` cannot be: the last writer is right.

import type { Ports } from "../../app.ts";
import { asFault, audited, type Run } from "../boundary.ts";
import { managed, namesOf } from "../managed.ts";
import { lookAhead } from "./ahead.ts";
import type { Switch, Switched, SwitchOptions } from "./at.ts";
import { section } from "./section.ts";
import { settled } from "./settled.ts";

export type { Switch, Switched } from "./at.ts";

export async function switchCredential(
	ports: Ports,
	input: Switch,
	run: Run,
	options: SwitchOptions = {},
): Promise<Switched> {
	const target = await managed(ports, input.secret);
	const looking = lookAhead(ports, target, input);
	// Where the intents cannot be written, nobody asks what it saw.
	looking.catch(() => {});
	const facts = { vault: target.secret.vault, ...namesOf(target.content), oldVersion: input.baseVersion };
	const steps = target.content.account
		? (["setSecret", "testSecret", "finishSecret"] as const)
		: (["finishSecret"] as const);
	return audited(ports, run, input, steps, facts, (journal) =>
		section(ports, target, input, journal, looking, options),
	).catch(async (error) => {
		throw await settled(ports, target, input, asFault(error, "switch"));
	});
}
