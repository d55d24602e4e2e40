// Which view, by what stands behind the `#`: so a link leads to what somebody sees, and the app's request log knows nothing of it.
// RTE1. What is in the address is all there is to a view: filter, order and page too. Otherwise: a link shows the other person
//       something else, and "back" loses the place. Kept by: route.test.ts.

import { oneLine } from "../lib/domain/line.ts";

export type View = "secrets" | "secret" | "rotation" | "approvals" | "approval" | "compliance" | "history";

export interface Route {
	readonly view: View;
	/** A secret's or a rotation's. */
	readonly id: string;
	readonly query: Readonly<Record<string, string>>;
}

export function routeOf(hash: string): Route {
	const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
	// It becomes a heading, and anyone may have made the link.
	const [first, second] = path.split("/").map((part) => oneLine(decoded(part)));
	const query = Object.fromEntries(new URLSearchParams(search));
	if (first === "secrets" && second) return { view: "secret", id: second, query };
	if (first === "rotations" && second) return { view: "rotation", id: second, query };
	if (first === "approvals" && second) return { view: "approval", id: second, query };
	if (first === "approvals" || first === "compliance" || first === "history") return { view: first, id: "", query };
	return { view: "secrets", id: "", query };
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

/** @param query what is empty is left out */
export function hashOf(view: View, id = "", query: Readonly<Record<string, string | undefined>> = {}): string {
	const paths: Readonly<Record<View, string>> = {
		secrets: "",
		secret: `secrets/${encodeURIComponent(id)}`,
		rotation: `rotations/${encodeURIComponent(id)}`,
		approvals: "approvals",
		approval: `approvals/${encodeURIComponent(id)}`,
		compliance: "compliance",
		history: "history",
	};
	const given = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []));
	return `#/${paths[view]}${given.length > 0 ? `?${new URLSearchParams(given)}` : ""}`;
}
