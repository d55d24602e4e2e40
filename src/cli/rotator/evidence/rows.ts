// Evidence as one sheet: a row for each secret, run, exemption and stranger, distinguished by its first cell.

import type { Evidence } from "../answers.ts";
import type { Column } from "../table.ts";

type Body = Evidence["evidence"];
type Row = Readonly<Record<string, string | undefined>>;

const names = [
	...["row", "secret", "vault", "name", "policy_class", "state", "due", "deadline", "done", "late", "overdue"],
	...["kind", "rotation", "by", "who", "reason", "approved_by", "break_glass", "code", "version", "proof", "records"],
	...["last", "retired", "drift", "problem", "owner", "until"],
] as const;

export const columns: readonly Column<Row>[] = names.map((name) => ({ title: name, of: (row) => row[name] }));

const yes = (flag: boolean | undefined): string => (flag ? "yes" : "");

export function rowsOf({ secrets, rotations, exemptions, population }: Body): Row[] {
	return [
		...secrets.map((one) => ({
			...{ row: "secret", secret: one.secret, vault: one.vault, name: one.name, policy_class: one.policyClass },
			...{ state: one.state, due: one.next, overdue: yes(one.overdue), rotation: one.lastRotation, last: one.last },
			...{ retired: one.retired, drift: one.drift.join(" "), problem: one.problem, until: one.exemptUntil },
		})),
		...rotations.map((one) => ({
			...{
				row: "rotation",
				secret: one.secret,
				policy_class: one.policyClass,
				kind: one.kind,
				rotation: one.rotationId,
			},
			...{ due: one.due, deadline: one.deadline, done: one.done, late: yes(one.late), by: one.by, who: one.who },
			...{ reason: one.reason, approved_by: one.approvedBy, break_glass: yes(one.breakGlass), code: one.code },
			...{ version: one.version, proof: one.proof.map(({ workload, record }) => `${workload} (${record})`).join("; ") },
			records: `${one.records.first} to ${one.records.last}`,
		})),
		...exemptions.map(({ vault, secret, owner, reason, until, ended }) => ({
			...{ row: "exemption", vault, name: secret, owner, reason, until, state: ended ? "ended" : "in force" },
		})),
		...population.unmanaged.map(({ vault, secret }) => ({ row: "not managed", vault, name: secret })),
	];
}
