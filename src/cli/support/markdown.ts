// Tables in Markdown.

const cell = (text: string) => text.replaceAll("|", "\\|").replace(/(?<!`[^`]*)</g, "&lt;");

export const code = (value: unknown): string => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;

export const row = (...cells: string[]): string => `| ${cells.map(cell).join(" | ")} |`;
