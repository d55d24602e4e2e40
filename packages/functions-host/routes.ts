// Route templates of HTTP functions, as ASP.NET Core reads them.
// Invariant: a template that is not understood stops the host. Otherwise: a function that nobody can reach.
// See https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
import { UsageError } from "./settings.ts";

/** @returns the parameters, unescaped, if the path matches; `path` is what comes after the route prefix */
export type MatchRoute = (path: string) => Record<string, string> | undefined;

const constraints: Record<string, RegExp> = {
	int: /^[+-]?\d+$/,
	long: /^[+-]?\d+$/,
	float: /^[+-]?\d+(\.\d+)?$/,
	double: /^[+-]?\d+(\.\d+)?$/,
	decimal: /^[+-]?\d+(\.\d+)?$/,
	bool: /^(true|false)$/i,
	guid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
	alpha: /^[a-z]+$/i,
};

interface Parameter {
	name: string;
	optional: boolean;
	rest: boolean;
	allowed: RegExp[];
}
type Segment = { literal: string } | Parameter;

export function parseRoute(template: string, functionName: string): MatchRoute {
	const segments = split(template).map((segment) => parseSegment(segment, template, functionName));
	return (path) => {
		const parts = split(path);
		const found: Record<string, string> = {};
		for (const [index, segment] of segments.entries()) {
			const part = parts[index];
			if ("literal" in segment) {
				if (part === undefined || unescaped(part).toLowerCase() !== segment.literal.toLowerCase()) return undefined;
			} else if (segment.rest) {
				const value = parts.slice(index).map(unescaped).join("/");
				if (value) found[segment.name] = value;
				return found;
			} else if (part === undefined) {
				if (!segment.optional) return undefined;
			} else {
				const value = unescaped(part);
				if (!segment.allowed.every((allowed) => allowed.test(value))) return undefined;
				found[segment.name] = value;
			}
		}
		return parts.length > segments.length ? undefined : found;
	};
}

const split = (path: string) => path.split("/").filter((part) => part !== "");

/** An escaped slash stays escaped, as on the real host: it does not divide segments. */
function unescaped(part: string): string {
	try {
		return part
			.split(/(%2f)/i)
			.map((piece) => (/^%2f$/i.test(piece) ? piece : decodeURIComponent(piece)))
			.join("");
	} catch {
		return part;
	}
}

function parseSegment(segment: string, template: string, functionName: string): Segment {
	if (!/[{}]/.test(segment)) return { literal: segment };
	const found = /^\{(\*{0,2})(\w+)((?::[^:?{}]+)*)(\?)?\}$/.exec(segment);
	if (!found)
		throw new UsageError(`Function ${functionName}: this host cannot read "${segment}" in the route "${template}".`);
	const [, stars, name, constraint, question] = found;
	const allowed = constraint!
		.split(":")
		.slice(1)
		.map((word) => {
			const known = constraints[word];
			if (!known) {
				const names = Object.keys(constraints).join(", ");
				throw new UsageError(
					`Function ${functionName}: route "${template}" has the constraint "${word}"; this host knows ${names}.`,
				);
			}
			return known;
		});
	return { name: name!, optional: question !== undefined, rest: stars !== "", allowed };
}
