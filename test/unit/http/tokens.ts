// Operators' tokens as Entra ID makes them, and the signing keys they are checked with, on a free port.

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";

export const issuer = "https://login.example.org/tenant/v2.0";
export const audience = "api://rotator";
export const oid = "7f2a2f5e-2b1e-4e0f-8d6a-0d1c4a8f0b11";
const azp = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

export interface Claims extends JWTPayload {
	roles?: unknown;
}

// One pair for all tests of a file: making them is slow.
const pairs = Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);

export async function tokens() {
	const [{ publicKey, privateKey }, other] = await pairs;
	const key = { ...(await exportJWK(publicKey)), kid: "k1", use: "sig", alg: "RS256" };
	let fetched = 0;
	let answer = (response: ServerResponse): unknown =>
		response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys: [key] }));
	const server = createServer((_request, response) => {
		fetched++;
		answer(response);
	});
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	const { port } = server.address() as AddressInfo;
	const now = Math.floor(Date.now() / 1000);

	/** A claim that is `undefined` is left out. */
	const sign = (claims: Claims = {}, by = privateKey, kid = "k1", header: Partial<JWTHeaderParameters> = {}) =>
		new SignJWT(
			JSON.parse(
				JSON.stringify({
					iss: issuer,
					aud: audience,
					oid,
					azp,
					tid: "tenant",
					nbf: now - 5,
					exp: now + 600,
					roles: ["Rotation.Operate"],
					...claims,
				}),
			),
		)
			.setProtectedHeader({ alg: "RS256", kid, typ: "JWT", ...header })
			.sign(by);

	return {
		settings: {
			OPERATORS_ISSUER: issuer,
			OPERATORS_AUDIENCE: audience,
			OPERATORS_JWKS_URL: `http://127.0.0.1:${port}/keys`,
		},
		now,
		azp,
		sign,
		forged: (claims?: Claims) => sign(claims, other.privateKey),
		unknownKey: () => sign({}, other.privateKey, "k2"),
		symmetric: () =>
			new SignJWT({ iss: issuer, aud: audience, oid, azp, exp: now + 600, roles: ["Rotation.Operate"] })
				.setProtectedHeader({ alg: "HS256", kid: "k1" })
				.sign(new TextEncoder().encode(JSON.stringify(key))),
		/** How often the signing keys were asked for. */
		fetches: () => fetched,
		answerWith(other: (response: ServerResponse) => unknown) {
			answer = other;
		},
		down() {
			answer = (response) => response.writeHead(500).end();
		},
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
		},
	};
}
