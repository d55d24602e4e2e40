// What a pack unpacks to, counted before isomorphic-git has it.
// PK1. No object is inflated to more than what is left of the limit, whatever its header says. Otherwise: anyone who may push fills the
//      app's memory with a few kilobytes of zeros. Kept by: repository.test.ts, pack.test.ts.
// PK2. A delta counts as what it makes, and each object costs something. Otherwise: one file and a thousand copies of it, each some
//      bytes, or a million empty ones, do the same. Kept by: repository.test.ts, pack.test.ts.
// @see https://git-scm.com/docs/pack-format

import { inflateSync } from "node:zlib";

/** What isomorphic-git remembers of one. */
const objectBytes = 1024;
const [offsetDelta, referenceDelta] = [6, 7];

/**
 * @param answer of `git-upload-pack`, with the pack in side band 1
 * @returns whether it unpacks to more, or is not what it says it is; what has no pack is not judged here
 */
export function unpacksToMoreThan(mostBytes: number, answer: Buffer): boolean {
	const pack = packIn(answer);
	if (pack.subarray(0, 4).toString("latin1") !== "PACK" || pack.length < 12) return false;
	let left = mostBytes - pack.readUInt32BE(8) * objectBytes;
	let at = 12;
	for (let count = pack.readUInt32BE(8); count > 0; count--) {
		const header = headerAt(pack, at);
		if (header.size > left) return true;
		const inflated = inflatedAt(pack, header.end, header.size);
		if (!inflated) return true;
		left -= header.isDelta ? resultOf(inflated.bytes) : header.size;
		if (left < 0) return true;
		at = inflated.end;
	}
	return left < 0;
}

/** Lines of git's protocol: four hexadecimal digits of length, then for a side band its number. */
function packIn(answer: Buffer): Buffer {
	const parts: Buffer[] = [];
	for (let at = 0; at + 4 <= answer.length; ) {
		const length = Number.parseInt(answer.toString("latin1", at, at + 4), 16);
		if (Number.isNaN(length)) break;
		if (length > 5 && answer[at + 4] === 1) parts.push(answer.subarray(at + 5, at + length));
		at += Math.max(length, 4);
	}
	return Buffer.concat(parts);
}

function headerAt(pack: Buffer, start: number): { size: number; isDelta: boolean; end: number } {
	const first = pack[start] ?? 0;
	const type = (first >> 4) & 7;
	const { value, end } = (first & 0x80) === 0 ? { value: 0, end: start + 1 } : numberAt(pack, start + 1);
	const size = (first & 15) + value * 16;
	if (type === referenceDelta) return { size, isDelta: true, end: end + 20 };
	return type === offsetDelta ? { size, isDelta: true, end: numberAt(pack, end).end } : { size, isDelta: false, end };
}

/** Seven bits in each byte, the lowest ones first; the last byte is below 128. */
function numberAt(bytes: Buffer, start: number): { value: number; end: number } {
	let [value, at] = [0, start];
	for (let unit = 1; ; unit *= 128) {
		const byte = bytes[at++] ?? 0;
		value += (byte & 0x7f) * unit;
		if (byte < 0x80) return { value, end: at };
	}
}

function inflatedAt(pack: Buffer, start: number, size: number): { bytes: Buffer; end: number } | undefined {
	try {
		const options = { maxOutputLength: Math.max(size, 1), info: true } as const;
		const { buffer, engine } = inflateSync(pack.subarray(start), options) as unknown as {
			buffer: Buffer;
			engine: { bytesWritten: number };
		};
		return buffer.length === size ? { bytes: buffer, end: start + engine.bytesWritten } : undefined;
	} catch {
		return undefined;
	}
}

/** A delta begins with the sizes of what it is made of and of what it makes. */
const resultOf = (delta: Buffer): number => numberAt(delta, numberAt(delta, 0).end).value;
