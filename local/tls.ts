// A throw-away certificate for the servers of the local stack.
// T1. It is its own authority: the one file is both what a server shows and what a client trusts
//     (NODE_EXTRA_CA_CERTS, PGSSLROOTCERT, certificate-authority-data). Otherwise: clients are told not to verify,
//     and the local stack stops proving that they do. Kept by: tls.test.ts.
import { generate } from "selfsigned";

const day = 24 * 60 * 60 * 1000;

/**
 * @param names further host names, besides localhost, 127.0.0.1 and ::1
 * @returns certificate and private key as PEM (RSA 2048, PKCS #8), valid from yesterday for 90 days
 */
export const selfSigned = async (names: string[] = []): Promise<{ cert: string; key: string }> => {
	const made = await generate([{ name: "commonName", value: "titanic local stack" }], {
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
