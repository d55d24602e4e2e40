// The block `sops` in a dotenv file: each value in a line of its own, lists and their members by numbered names.
// @see https://github.com/getsops/sops, stores/flatten.go

import type { Block } from "../flux-sops/sops/block.ts";

const [list, map] = ["__list_", "__map_"];

/** `age__list_0__map_enc`; SOPS has deeper ones for shares of a key alone, which are refused by their first name. */
const inList = new RegExp(`^(\\w+?)${list}(\\d{1,2})${map}(\\w+)$`);

/** No name that SOPS gives has more. A longer one is not tried: that would take longer by its square. */
const longestName = 100;

/** @param lines names without `sops_`, and values */
export function unflattened(lines: readonly (readonly [string, string])[]): Block {
	const block = new Map<string, unknown>();
	for (const [name, text] of lines) {
		const value = text.replaceAll("\\n", "\n");
		const [, of = "", index, member = ""] = (name.length <= longestName && inList.exec(name)) || [];
		if (index === undefined) {
			block.set(name, value);
			continue;
		}
		const items = (block.get(of) ?? []) as Record<string, string>[];
		if (Array.isArray(items)) items[Number(index)] = { ...items[Number(index)], [member]: value };
		block.set(of, items);
	}
	return Object.fromEntries(block);
}

/** @returns names without `sops_`, and values, in the order that SOPS gives them */
export function flattened(block: Block): [string, string][] {
	const lines = Object.entries(block).flatMap(([name, value]): [string, string][] => {
		if (!Array.isArray(value)) return value === null ? [] : [[name, String(value)]];
		return value.flatMap((item: object, index) =>
			Object.entries(item).map(([member, text]): [string, string] => [
				`${name}${list}${index}${map}${member}`,
				String(text),
			]),
		);
	});
	return lines
		.map(([name, value]): [string, string] => [name, value.replaceAll("\n", "\\n")])
		.sort(([one], [other]) => (one < other ? -1 : 1));
}
