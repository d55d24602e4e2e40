// Servers that answer every request with a planted text wherever an answer has room for one, and the real SDKs' errors
// about such answers.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as tcpServer } from "node:net";
import { ManagedIdentityCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";
import { BlobServiceClient } from "@azure/storage-blob";
import { AppsV1Api, KubeConfig, KubernetesObjectApi } from "@kubernetes/client-node";
import { createRemoteJWKSet, generateKeyPair, jwtVerify, SignJWT } from "jose";
import pg from "pg";
import { parse, parseDocument } from "yaml";
import * as z from "zod";
import { close, listen } from "../../packages/loopback/index.ts";

export interface Hostile extends AsyncDisposable {
	readonly url: string;
	readonly host: string;
	readonly port: number;
}

/** What each service's error looks like, with the planted text in every field of it. */
const bodies = (planted: string): Readonly<Record<string, string>> => ({
	vault: JSON.stringify({
		error: { code: planted, message: planted, innererror: { code: planted, message: planted }, value: planted },
		value: planted,
	}),
	storage: `<?xml version="1.0"?><Error><Code>${planted}</Code><Message>${planted}</Message></Error>`,
	cluster: JSON.stringify({
		kind: "Status",
		status: "Failure",
		reason: planted,
		message: planted,
		details: { name: planted, kind: planted, causes: [{ message: planted }] },
	}),
	identity: JSON.stringify({ error: planted, error_description: planted, message: planted, access_token: planted }),
	page: `<html>${planted}</html>`,
	"broken JSON": `{"error": ${planted}`,
	nothing: "",
});

/**
 * @param status 0: the connection is cut after the headers
 * @param body one of the forms above
 */
export async function hostileHttp(planted: string, status: number, body: string): Promise<Hostile> {
	const text = bodies(planted)[body] ?? "";
	const answer = (request: IncomingMessage, response: ServerResponse) => {
		request.resume();
		const { authorization } = request.headers;
		// As a vault does: it asks for a token first.
		if (body === "vault" && !authorization) {
			const challenge = `Bearer authorization="https://login.microsoftonline.com/${planted}", resource="https://vault.azure.net"`;
			response.writeHead(401, { "www-authenticate": challenge }).end();
			return;
		}
		response.writeHead(status || 200, planted, {
			"content-type": body === "storage" ? "application/xml" : body === "page" ? "text/html" : "application/json",
			"x-ms-error-code": planted,
			"x-ms-request-id": planted,
			location: `http://127.0.0.1:1/${planted}`,
			"set-cookie": planted,
			...(status === 0 && { "content-length": "1000" }),
		});
		response.write(text || " ");
		if (status === 0) response.socket?.destroy();
		else response.end();
	};
	const server = createServer(answer);
	return at(await listen(server), () => close(server));
}

/** A PostgreSQL server whose ErrorResponse has the planted text in every field but the SQLSTATE. */
export async function hostilePostgres(planted: string, sqlState: string): Promise<Hostile> {
	const server = tcpServer((socket) => {
		socket.on("error", () => {});
		socket.once("data", () => {
			const fields = ["S", "V", "M", "D", "H", "q", "W", "s", "t", "c", "d", "n", "F", "R"].map(
				(f) => `${f}${planted}\0`,
			);
			const body = Buffer.from(`C${sqlState}\0${fields.join("")}\0`);
			const head = Buffer.alloc(5);
			head.write("E");
			head.writeInt32BE(body.length + 4, 1);
			socket.end(Buffer.concat([head, body]));
		});
	});
	const url = await new Promise<string>((resolve) =>
		server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as { port: number }).port}`)),
	);
	return at(url, () => new Promise<void>((resolve) => server.close(() => resolve())));
}

function at(url: string, stop: () => Promise<unknown>): Hostile {
	return {
		url,
		host: "127.0.0.1",
		port: Number(new URL(url).port),
		[Symbol.asyncDispose]: async () => void (await stop()),
	};
}

type Attempt = () => Promise<unknown>;

const insecure = { allowInsecureConnection: true, disableChallengeResourceVerification: true };
const retryOptions = { maxRetries: 0 };

/** What each SDK is asked for, with the planted text as the value it sends. Each attempt fails. */
export function attempts(planted: string, http: Hostile): Readonly<Record<string, Attempt>> {
	const credential = { getToken: async () => ({ token: planted, expiresOnTimestamp: Date.now() + 3_600_000 }) };
	const vault = new SecretClient(http.url, credential, { ...insecure, retryOptions });
	const blobs = new BlobServiceClient(`${http.url}/account?sig=${planted}`, undefined, {
		retryOptions: { maxTries: 1 },
	});
	const cluster = new KubeConfig();
	cluster.loadFromClusterAndUser({ name: "c", server: http.url, skipTLSVerify: true }, { name: "u", token: planted });
	return {
		"SecretClient.getSecret": () => vault.getSecret("a"),
		"SecretClient.setSecret": () => vault.setSecret("a", planted),
		"SecretClient.listPropertiesOfSecrets": () => vault.listPropertiesOfSecrets().next(),
		"ContainerClient.getProperties": () => blobs.getContainerClient("c").getProperties(),
		"BlockBlobClient.upload": () =>
			blobs.getContainerClient("c").getBlockBlobClient("b").upload(planted, planted.length),
		"AppsV1Api.readNamespacedDeployment": () =>
			cluster.makeApiClient(AppsV1Api).readNamespacedDeployment({ namespace: "n", name: "d" }),
		"KubernetesObjectApi.patch": () =>
			KubernetesObjectApi.makeApiClient(cluster).patch({
				apiVersion: "apps/v1",
				kind: "Deployment",
				metadata: { name: "d", annotations: { planted } },
			}),
		"ManagedIdentityCredential.getToken": () =>
			new ManagedIdentityCredential({ retryOptions }).getToken("https://vault.azure.net/.default"),
		"jose's key set": () =>
			jwtVerify(unsigned(planted), createRemoteJWKSet(new URL(`${http.url}/${planted}`)), { algorithms: ["RS256"] }),
	};
}

/** Errors of what asks no server. */
export const localAttempts = (planted: string): Readonly<Record<string, Attempt>> => ({
	"pg.Client, refused": () =>
		new pg.Client({ host: "127.0.0.1", port: 1, user: planted, password: planted, database: planted }).connect(),
	"jose, a claim that is wrong": async () => {
		const { privateKey, publicKey } = await generateKeyPair("RS256");
		const token = await new SignJWT({ planted })
			.setProtectedHeader({ alg: "RS256" })
			.setAudience(planted)
			.sign(privateKey);
		return jwtVerify(token, publicKey, { audience: "another" });
	},
	"yaml, a text that is none": async () => parse(`a: 'x\n${planted}: {`),
	"yaml, an alias that is unknown": async () => parseDocument(`a: *${planted}`).toJS(),
	"zod, a key that is unknown": async () => z.strictObject({}).parse({ [planted]: planted }),
	"zod, a word of a few": async () => z.enum([planted]).parse("x"),
	"JSON.parse": async () => JSON.parse(planted),
	"new URL": async () => new URL(`//${planted}`),
});

const unsigned = (planted: string) =>
	[{ alg: "RS256", kid: planted }, { planted }, planted]
		.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
		.join(".");

/** Errors that hold a text where an error can hold one, by hand. */
export const byHand = (planted: string): Readonly<Record<string, unknown>> => {
	const with_ = (more: object) => Object.assign(new Error("failed"), more);
	const defined = (name: PropertyKey, descriptor: PropertyDescriptor) =>
		Object.defineProperty(new Error("failed"), name, { configurable: true, ...descriptor });
	return {
		"in its message": new Error(`password=${planted}`),
		"in its stack": with_({ stack: `Error: failed\n    at ${planted} (file:///${planted}.js:1:1)` }),
		"in its name": with_({ name: planted }),
		"in its code": with_({ code: planted }),
		"in a code like OpenSSL's": with_({ code: `ERR_SSL_${planted}` }),
		"in its cause": new Error("failed", { cause: new Error("failed", { cause: new Error(planted) }) }),
		"in an aggregate": new AggregateError([new Error(planted), planted], "failed"),
		"in its request": with_({ request: { headers: { authorization: planted }, url: planted, body: planted } }),
		"in its response": with_({ response: { bodyAsText: planted, headers: { planted } }, statusCode: 403 }),
		"in its details": with_({ details: { error: { code: planted }, errorCode: planted }, statusCode: 409 }),
		"in what toString says": with_({ toString: () => planted }),
		"in what toJSON says": with_({ toJSON: () => planted }),
		"in what inspect says": with_({ [Symbol.for("nodejs.util.inspect.custom")]: () => planted }),
		"under a symbol": with_({ [Symbol("request")]: planted }),
		"where nobody enumerates": defined("request", { value: { planted }, enumerable: false }),
		"behind a getter": defined("body", { get: () => planted, enumerable: true }),
		"in its prototype": Object.setPrototypeOf(new Error("failed"), Object.assign(new Error(planted), { planted })),
		"in the name of its class": new (class extends Error {
			static override readonly name = planted;
		})(),
		"as a text that is thrown": planted,
		"as an object that is thrown": { message: planted, stack: planted },
		"as an object without a prototype": Object.assign(Object.create(null), { planted }),
		"as a function that is thrown": Object.defineProperty(() => {}, "name", { value: planted }),
	};
};
