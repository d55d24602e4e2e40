// A throw-away certificate for the servers of the local stack.
// T1. It is its own authority: the one file is both what a server shows and what a client trusts (NODE_EXTRA_CA_CERTS,
//     PGSSLROOTCERT, certificate-authority-data). Otherwise: clients are configured not to verify, and the local stack
//     stops proving that they do. Kept by: tls.test.ts.
// T2. No two have the same subject. Otherwise: a client that trusts both looks one up by its subject, finds the other one,
//     and refuses ("self-signed certificate"), now and then. Kept by: tls.test.ts.
import { randomUUID } from "node:crypto";
import { generate } from "selfsigned";

const day = 24 * 60 * 60 * 1000;

/**
 * @param names further host names, besides localhost, 127.0.0.1 and ::1
 * @returns certificate and private key as PEM (RSA 2048, PKCS #8), valid from yesterday for 90 days
 */
export const selfSigned = async (names: string[] = []): Promise<{ cert: string; key: string }> => {
	const made = await generate([{ name: "commonName", value: `titanic local stack ${randomUUID()}` }], {
		algorithm: "sha256",
		keySize: 2048,
		// a clock set back a little between two machines or containers must not refuse it
		notBeforeDate: new Date(Date.now() - day),
		notAfterDate: new Date(Date.now() + 90 * day),
		extensions: [
			{ name: "basicConstraints", cA: true, critical: true },
			{ name: "keyUsage", digitalSignature: true, keyEncipherment: true, keyCertSign: true, critical: true },
			{ name: "extKeyUsage", serverAuth: true, clientAuth: true },
			{
				name: "subjectAltName",
				altNames: [
					...["localhost", ...names].map((value) => ({ type: 2, value }) as const),
					{ type: 7, ip: "127.0.0.1" },
					{ type: 7, ip: "::1" },
				],
			},
		],
	});
	return { cert: made.cert, key: made.private };
};
