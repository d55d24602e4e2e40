// Placeholders that somebody else's tool should have filled in.

const kinds: readonly (readonly [pattern: RegExp, before: string, behind: string])[] = [
	[/\$\{([A-Za-z_]\w{0,60})\}/, "${", "}"],
	[/\{\{ *(\.?[A-Za-z_][\w.]{0,60}) *\}\}/, "{{ ", " }}"],
	[/#\{([A-Za-z_][\w.]{0,60})\}#/, "#{", "}#"],
	[/<([A-Za-z][\w -]{0,60})>/, "<", ">"],
];

interface Found {
	readonly path: PropertyKey[];
	readonly message: string;
}

/** Templates of secrets are left alone: braces are what they are made of. */
export function placeholders(value: unknown, path: PropertyKey[] = []): Found[] {
	if (typeof value === "string") {
		const shown = path.includes("template") || path.includes("reason") ? undefined : placeholderIn(value);
		return shown === undefined
			? []
			: [
					{
						path,
						message: `has the placeholder ${shown}, which nothing has filled in: the file is read as it is. Write the value, or fill it in before the file is deployed (envsubst)`,
					},
				];
	}
	if (typeof value !== "object" || value === null) return [];
	const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
	return entries.flatMap(([key, one]) => placeholders(one, [...path, key]));
}

function placeholderIn(text: string): string | undefined {
	for (const [pattern, before, behind] of kinds) {
		const [, name] = pattern.exec(text) ?? [];
		if (name !== undefined) return `${before}${name}${behind}`;
	}
	return undefined;
}
