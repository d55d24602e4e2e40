// What an operator may do, by app role.

import type { AppRole } from "../../api/operations.ts";
import { Fault } from "../domain/fault.ts";
import type { Operator } from "./authentication.ts";

/**
 * Which roles are enough: anyone who may operate may read. The audit log takes a separate role: it shows what others did.
 */
const enough: Readonly<Record<AppRole, readonly AppRole[]>> = {
	"Rotation.Read": ["Rotation.Read", "Rotation.Operate", "Rotation.Approve", "Rotation.BreakGlass"],
	"Rotation.Operate": ["Rotation.Operate"],
	"Rotation.Approve": ["Rotation.Approve"],
	"Rotation.BreakGlass": ["Rotation.BreakGlass"],
	"Audit.Read": ["Audit.Read"],
};

/** @throws Fault `app-role-missing` (403) */
export function authorize(operator: Operator, role: AppRole): void {
	if (enough[role].some((one) => operator.roles.includes(one))) return;
	throw new Fault("app-role-missing", { role, operator: operator.id });
}
