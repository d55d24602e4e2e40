// ECDSA over a digest that was made elsewhere, as Key Vault signs: Node's own `sign` always hashes first.
// For the local stack only: its time depends on the key.
import { createECDH } from "node:crypto";

export type Curve = "P-256" | "P-384";

/** By OpenSSL's names; `order` is that of the base point. */
const curves: Readonly<Record<Curve, { name: string; bytes: number; order: bigint }>> = {
	"P-256": {
		name: "prime256v1",
		bytes: 32,
		order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
	},
	"P-384": {
		name: "secp384r1",
		bytes: 48,
		order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
	},
};

/**
 * @param digest of as many bytes as the curve has
 * @returns r and s, as JWS wants them
 * @see FIPS 186-5, section 6.4.1
 */
export function signDigest(curve: Curve, privateKey: Buffer, digest: Buffer): Buffer {
	const { name, bytes, order } = curves[curve];
	for (;;) {
		const once = createECDH(name);
		const point = once.generateKeys();
		const [k, d, z] = [once.getPrivateKey(), privateKey, digest].map(numberOf) as [bigint, bigint, bigint];
		// An uncompressed point is 4, x and y.
		const r = numberOf(point.subarray(1, 1 + bytes)) % order;
		const s = (power(k, order - 2n, order) * (z + r * d)) % order;
		if (r !== 0n && s !== 0n) return Buffer.concat([r, s].map((part) => bytesOf(part, bytes)));
	}
}

const numberOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex")}`);
const bytesOf = (number: bigint, length: number): Buffer =>
	Buffer.from(number.toString(16).padStart(2 * length, "0"), "hex");

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
	let [result, square] = [1n, base % modulus];
	for (let left = exponent; left > 0n; left >>= 1n) {
		if (left & 1n) result = (result * square) % modulus;
		square = (square * square) % modulus;
	}
	return result;
}
