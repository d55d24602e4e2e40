// RSASSA-PKCS1-v1_5 over a digest that was made elsewhere, as Key Vault signs: Node's own `sign` always hashes first.
import { constants, type KeyObject, privateEncrypt } from "node:crypto";

/** DigestInfo of SHA-256 up to the digest itself. @see RFC 8017, section 9.2, note 1 */
const sha256 = Buffer.from("3031300d060960864801650304020105000420", "hex");

/** @param digest of SHA-256 */
export const signRs256 = (key: KeyObject, digest: Buffer): Buffer =>
	privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([sha256, digest]));
