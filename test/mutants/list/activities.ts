import { inFile } from "../mutant.ts";

const switching = ["test/unit/orchestrators/rotate.test.ts"];

export const activities = [
	...inFile("src/lib/activities/switch.ts", switching, [
		{ name: "the role is not locked", find: "await session.lock(secret.role);", replace: "" },
	]),
];
