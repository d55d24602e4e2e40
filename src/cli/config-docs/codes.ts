// docs/codes.md, from the lists of codes.

import { changes, type Meanings, outcomes, reasons, steps, triggers } from "../../lib/domain/codes.ts";
import { explained, faultCodes } from "../../lib/domain/fault.ts";
import { code, row } from "../support/markdown.ts";

const table = (meanings: Meanings): string => {
	const rows = Object.entries(meanings).map(([name, [means, next = ""]]) => row(code(name), means, next));
	return ["| code | what it means | what to do next |", "|---|---|---|", ...rows].join("\n");
};

const faults = (): string =>
	faultCodes
		.map((name) => {
			const { says, next, waitingHelps, leaves, status } = explained(name);
			return row(code(name), says, waitingHelps, leaves, `${status}`, next);
		})
		.join("\n");

export const codesPage = (): string => `# Codes

<!-- Written by src/cli/config-docs.ts from src/lib/domain/codes.ts and src/lib/domain/faults/: change it there. -->

Every code that an answer, a record or the audit log can carry. What went wrong has the code of a [fault](#faults).

## Outcomes
How a rotation, a delivery or a reconciliation ended: \`outcome\` of its status.

${table(outcomes)}

## Reasons
Why, where nothing is wrong: \`code\` of a status, and of the step \`plan\` in the audit log.

${table(reasons)}

## Changes
What a reconciliation would change, or has changed: \`changes\` of its status.

${table(changes)}

## Steps
How a step ended, in the audit log.

${table(steps)}

## Triggers
What asked for something, or was done beside a rotation, in the audit log.

${table(triggers)}

## Faults
Every refusal, failure and HTTP problem carries one of these; \`<...>\` names the thing at fault.

- *Waiting*: \`always\`: it is tried again by itself. \`turn\`: so is this, within seconds and for longer: others are served first. \`after\`: it ends what has changed nothing yet; once a new version is
  published, it is tried again for 20 minutes (except the signature of the audit log's head, which the sweep makes up for). \`never\`: it is final until somebody acts.
- *Leaves*: how vault and database are left by a switch that ends with it. \`untouched\`: found out before anything was
  changed. \`as-before\`: whatever was changed is undone. \`theirs\`: somebody else's password is in force, as logins have shown.
  \`open\`: they may disagree, and the next run goes on.

| code | what it says | waiting helps | leaves | HTTP | what to do next |
|---|---|---|---|---|---|
${faults()}
`;
