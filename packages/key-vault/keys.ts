// The keys of a vault, and Key Vault's rules about signing with them. No HTTP, no rights.
// KS1. The private half never leaves this file. Otherwise: what holds a signature up here is copied there.
// KS2. A key signs only what its kind, its curve and its state allow. Otherwise: a key that Azure refuses signs here.
//     Kept by: head-signer.test.ts.
import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { type Curve, signDigest } from "./ecdsa.ts";
import { badParameter, keyDisabled, keyNotFound, operationNotPermitted } from "./errors.ts";
import { signRs256 } from "./rsa.ts";

/** Times are whole seconds since 1970, as on the wire. */
export interface KeyVersion {
	readonly name: string;
	/** 32 hexadecimal digits */
	readonly version: string;
	/** the public half */
	readonly jwk: EcKey | RsaKey;
	readonly operations: readonly string[];
	readonly enabled: boolean;
	readonly created: number;
	readonly updated: number;
}

interface EcKey {
	readonly kty: "EC";
	readonly crv: Curve;
	readonly x: string;
	readonly y: string;
}

/** It signs, and its public half encrypts; nothing is decrypted with it. */
interface RsaKey {
	readonly kty: "RSA";
	readonly n: string;
	readonly e: string;
}

type Held = KeyVersion & { readonly privateKey: KeyObject };

/** What each of these algorithms of Key Vault wants. */
const algorithms: Readonly<Record<string, { on: Curve | "RSA"; digestBytes: number }>> = {
	ES256: { on: "P-256", digestBytes: 32 },
	ES384: { on: "P-384", digestBytes: 48 },
	RS256: { on: "RSA", digestBytes: 32 },
};

/** @throws Refusal from `get` and `sign`, with the error Key Vault gives */
export const keys = (seconds: () => number) => {
	const byName = new Map<string, Held[]>();
	const find = (name: string, version?: string): Held => {
		const versions = byName.get(name.toLowerCase()) ?? [];
		const found = version ? versions.find((each) => each.version === version) : versions.at(-1);
		if (!found) throw keyNotFound(name, version);
		return found;
	};

	return {
		/** A new key, or a new version of one that is there. */
		create(
			name: string,
			{ curve = "P-256", rsa = false, operations = ["sign", "verify"] }: KeyOptions = {},
		): KeyVersion {
			const [created, version] = [seconds(), randomBytes(16).toString("hex")];
			const own = rsa ? newRsaKey() : newEcKey(curve);
			const made: Held = { name, version, operations, enabled: true, created, updated: created, ...own };
			byName.set(name.toLowerCase(), [...(byName.get(name.toLowerCase()) ?? []), made]);
			return made;
		},
		/** the latest without `version`; also a disabled one, as Key Vault does: only its use is refused */
		get: (name: string, version?: string): KeyVersion => find(name, version),
		versions: (name: string): readonly KeyVersion[] => byName.get(name.toLowerCase()) ?? [],
		enable(name: string, version: string, enabled: boolean): void {
			const versions = byName.get(name.toLowerCase()) ?? [];
			const at = versions.indexOf(find(name, version));
			versions[at] = { ...find(name, version), enabled, updated: seconds() };
		},
		/**
		 * @param body `alg` and `value`, the digest in base64url
		 * @returns the signature as JWS wants it: of a curve r and s, each of its length
		 */
		sign(name: string, version: string | undefined, body: Record<string, unknown>) {
			const key = find(name, version);
			const { alg, value } = body;
			if (typeof alg !== "string" || typeof value !== "string") throw badParameter("Property alg or value is missing.");
			if (!key.enabled) throw keyDisabled("sign");
			if (!key.operations.includes("sign")) throw operationNotPermitted("sign");
			const wanted = algorithms[alg];
			const { jwk } = key;
			if (wanted?.on !== (jwk.kty === "EC" ? jwk.crv : jwk.kty)) {
				const kind = jwk.kty === "EC" ? `on curve ${jwk.crv}` : "of type RSA";
				throw badParameter(`Key and signing algorithm are incompatible: a key ${kind} cannot ${alg}.`);
			}
			const digest = Buffer.from(value, "base64url");
			if (digest.length !== wanted.digestBytes) {
				throw badParameter(
					`Invalid length of 'value': ${digest.length} bytes. ${alg} requires ${wanted.digestBytes} bytes, encoded with base64url.`,
				);
			}
			const signature =
				jwk.kty === "RSA" ? signRs256(key.privateKey, digest) : signDigest(jwk.crv, scalarOf(key), digest);
			return { key, signature };
		},
	};
};

const scalarOf = ({ privateKey }: Held): Buffer =>
	Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");

function newEcKey(curve: Curve): Pick<Held, "jwk" | "privateKey"> {
	const { privateKey } = generateKeyPairSync("ec", { namedCurve: curve });
	const { x = "", y = "" } = privateKey.export({ format: "jwk" });
	return { jwk: { kty: "EC", crv: curve, x, y }, privateKey };
}

function newRsaKey(): Pick<Held, "jwk" | "privateKey"> {
	const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
	const { n = "", e = "" } = privateKey.export({ format: "jwk" });
	return { jwk: { kty: "RSA", n, e }, privateKey };
}

export interface KeyOptions {
	readonly curve?: Curve;
	/** Instead of a curve: RSA, 2048 bits. */
	readonly rsa?: boolean;
	/** `key_ops` */
	readonly operations?: readonly string[];
}
