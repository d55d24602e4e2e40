import { deflateSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { unpacksToMoreThan } from "../../../../src/lib/adapters/git/pack.ts";

const line = (bytes: Buffer) => Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, "0")), bytes]);
const blob = (says: number, holds: Buffer) => {
	const head = [0x30 | (says & 15)];
	for (let rest = Math.floor(says / 16); rest > 0; rest = Math.floor(rest / 128)) {
		head[head.length - 1]! |= 0x80;
		head.push(rest & 0x7f);
	}
	return Buffer.concat([Buffer.from(head), deflateSync(holds)]);
};
function answer(count: number, ...objects: Buffer[]) {
	const head = Buffer.alloc(12);
	head.write("PACK");
	head.writeUInt32BE(2, 4);
	head.writeUInt32BE(count, 8);
	const pack = Buffer.concat([head, ...objects, Buffer.alloc(20)]);
	const bands = [];
	for (let at = 0; at < pack.length; at += 1000)
		bands.push(line(Buffer.concat([Buffer.from([1]), pack.subarray(at, at + 1000)])));
	return Buffer.concat([line(Buffer.from("NAK\n")), ...bands, Buffer.from("0000")]);
}
const zeros = (length: number) => Buffer.alloc(length);

describe("A pack", () => {
	test("that unpacks to what is allowed, to the byte, is taken", () => {
		const taken = answer(2, blob(5000, zeros(5000)), blob(7, zeros(7)));
		expect(unpacksToMoreThan(5007 + 2 * 1024, taken)).toBe(false);
		expect(unpacksToMoreThan(5006 + 2 * 1024, taken)).toBe(true);
	});

	test.each([
		["less than it has", 10, 50_000],
		["more than it has", 60_000, 50_000],
		["more than there is memory", 2 ** 50, 50_000],
	])("whose object says that it has %s is refused", (_, says, holds) => {
		expect(unpacksToMoreThan(100_000, answer(1, blob(says, zeros(holds))))).toBe(true);
	});

	test("of very many objects is refused before any is looked at, however small they are", () => {
		expect(unpacksToMoreThan(1_000_000, answer(1_000_000))).toBe(true);
	});

	test("that is cut short is refused", () => {
		expect(unpacksToMoreThan(1_000_000, answer(2, blob(3, zeros(3))))).toBe(true);
	});

	test.each(["", "0000", "<html>Sign in</html>", "001e# service=git-upload-pack\n0000"])(
		"that is none is not judged: %j",
		(text) => {
			expect(unpacksToMoreThan(10, Buffer.from(text))).toBe(false);
		},
	);
});
