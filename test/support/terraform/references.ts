// The references in a parsed body: `var.name`, `azurerm_x.y[0].id`, ... Read from the text of expressions, because the parser's
// own `getReferencesInExpression` (0.24.0) misses those in a `for` inside a `for`.

/** Names only, indices and splats left out: `["data", "azurerm_x", "y", "id"]`. */
export type Reference = readonly string[];

const roots = ["var", "local", "module", "data", "ephemeral", "each", "count", "path", "self", "terraform"];

/**
 * @param types prefixes of resource types: `azurerm`
 * @param iterators what else may begin a reference: labels of `dynamic` blocks
 */
export function referencesOf(value: unknown, types: readonly string[], iterators: Iterable<string>): Reference[] {
	const root = [...roots, ...types.map((type) => `${type}_\\w+`), ...iterators].join("|");
	return textsOf(value).flatMap((text) => inText(text, new RegExp(`(?<![\\w.\\-"])(?:${root})(?=[.[])`, "g")));
}

const textsOf = (value: unknown): string[] => {
	if (typeof value === "string") return value.includes("${") ? [value.replaceAll(/^\s*#.*$/gm, "")] : [];
	return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
};

const inText = (text: string, start: RegExp): Reference[] =>
	[...text.matchAll(start)]
		.map(({ 0: root, index }) => [root, ...namesAfter(text.slice(index + root.length))])
		.filter((path) => path.length > 1);

function namesAfter(text: string): string[] {
	const name = /^\.([a-z_][\w-]*)/i.exec(text);
	if (name) return [name[1]!, ...namesAfter(text.slice(name[0].length))];
	if (text.startsWith("[")) return namesAfter(text.slice(bracketLength(text)));
	return [];
}

function bracketLength(text: string): number {
	let depth = 0;
	for (let at = 0; at < text.length; at += 1) {
		depth += text[at] === "[" ? 1 : text[at] === "]" ? -1 : 0;
		if (depth === 0) return at + 1;
	}
	return text.length;
}
