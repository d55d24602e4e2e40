import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
	deliveryIdOf,
	formerInstanceIdOf,
	instanceIdOf,
	isDeliveryId,
	rotationIdOf,
	rotationOfDelivery,
	secretOfRotation,
} from "../../../src/lib/domain/ids.ts";

const unique = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
const key = fc.stringMatching(/^[0-9a-zA-Z-]{1,119}$/);
/** As many consumers as a secret may have. */
const index = fc.nat(19);

test("whatever a secret is called, its instances' ids are 100 ASCII characters at most", () => {
	fc.assert(
		fc.property(key, index, (secret, n) => {
			for (const id of [instanceIdOf(secret), deliveryIdOf(rotationIdOf(secret, unique), n)])
				expect(id).toMatch(/^[0-9a-zA-Z.-]{1,100}$/);
		}),
	);
	const longest = "x".repeat(119);
	expect(instanceIdOf(longest)).toHaveLength(100);
	expect(deliveryIdOf(rotationIdOf(longest, unique), 19)).toHaveLength(100);
});

test("a name that fits is read off the id as it is, one that does not by its beginning", () => {
	const [at, over] = ["x".repeat(93), "x".repeat(94)];
	expect(instanceIdOf(at)).toBe(`rotate-${at}`);
	expect(instanceIdOf(over)).toMatch(/^rotate-x{76}\.[0-9a-f]{16}$/);
	const delivered = (secret: string) => deliveryIdOf(rotationIdOf(secret, unique), 0);
	expect(delivered("y".repeat(53))).toBe(`deliver-${"y".repeat(53)}.${unique}-0`);
	expect(delivered("y".repeat(54))).toMatch(new RegExp(`^deliver-y{36}\\.[0-9a-f]{16}\\.${unique}-0$`));
	// It is in durable storage: another one after an update is another instance.
	expect(instanceIdOf("z".repeat(119))).toBe(`rotate-${"z".repeat(76)}.de05957e72aca438`);
});

test("two secrets never share an instance, nor does what stands for one look like another's", () => {
	const stem = "x".repeat(110);
	const shortened = instanceIdOf(`${stem}-a`);
	expect(instanceIdOf(`${stem}-b`)).not.toBe(shortened);
	fc.assert(fc.property(key, (secret) => expect(instanceIdOf(secret)).not.toBe(instanceIdOf(`${stem}-a`))));
	// No key has a dot, so none is what stands for a long one.
	expect(shortened.slice("rotate-".length)).toMatch(/\./);
});

test("a delivery's id tells its rotation, with the help of its input where it was shortened", () => {
	fc.assert(
		fc.property(key, index, (secret, n) => {
			const rotationId = rotationIdOf(secret, unique);
			const id = deliveryIdOf(rotationId, n);
			expect(isDeliveryId(id)).toBe(true);
			expect(rotationOfDelivery(id, rotationId)).toBe(rotationId);
			expect(secretOfRotation(rotationId)).toBe(secret);
		}),
	);
	const id = deliveryIdOf(rotationIdOf("x".repeat(119), unique), 3);
	expect(rotationOfDelivery(id)).toBeUndefined();
	expect(rotationOfDelivery(id, rotationIdOf("another", unique))).toBeUndefined();
	expect(rotationOfDelivery(`deliver-db-password.${unique}-3`)).toBe(`db-password.${unique}`);
});

test("what an earlier version called an instance is known where it was something else", () => {
	expect(formerInstanceIdOf("db-password")).toBeUndefined();
	expect(formerInstanceIdOf("x".repeat(93))).toBeUndefined();
	expect(formerInstanceIdOf("x".repeat(94))).toBe(`rotate-${"x".repeat(94)}`);
	expect(isDeliveryId(`deliver-${"x".repeat(94)}.${unique}-0`)).toBe(true);
	expect(rotationOfDelivery(`deliver-${"x".repeat(94)}.${unique}-0`)).toBe(`${"x".repeat(94)}.${unique}`);
});

test("a rotation id tells its secret, and nothing else has the form of one", () => {
	const id = rotationIdOf("db-password", unique);
	expect(secretOfRotation(id)).toBe("db-password");
	for (const other of ["db-password", `../db-password.${unique}`, `${id}/`, `${id}\n`]) {
		expect(secretOfRotation(other)).toBeUndefined();
	}
});
