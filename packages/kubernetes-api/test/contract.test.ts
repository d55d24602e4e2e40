/**
 * One contract for both clusters: the stand-in always, a real control plane where KUBEBUILDER_ASSETS names one. Where
 * they differ, the stand-in is wrong.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Cluster, startCluster } from "../cluster.ts";
import { access } from "./contract/access.ts";
import { controlPlaneOnly } from "./contract/control-plane-only.ts";
import { kubectl } from "./contract/kubectl.ts";
import { objects } from "./contract/objects.ts";
import { patches } from "./contract/patches.ts";
import { policies } from "./contract/policies.ts";
import { standInOnly } from "./contract/stand-in-only.ts";
import { type Subject, subjectOf } from "./contract/subject.ts";
import { watches } from "./contract/watches.ts";

const assets = process.env.KUBEBUILDER_ASSETS ?? "";
const kinds: [string, string][] = [["the stand-in", ""]];
if (assets) kinds.push(["a real control plane", assets]);
else
	console.info(
		"The Kubernetes contract runs on the stand-in only. To run it on a real control plane too, set " +
			"KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver.",
	);

/** A token of these tests is the user itself; another server would verify a signature here. */
const tokenOf = (username: string, groups: string[] = []) =>
	`reviewed.${Buffer.from(JSON.stringify({ username, groups })).toString("base64url")}`;

const reviewTokens = (): Server =>
	createServer(async (incoming, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of incoming) chunks.push(chunk);
		const { kind, apiVersion, spec } = JSON.parse(Buffer.concat(chunks).toString());
		const user = /^reviewed\.(.+)$/.exec(spec.token)?.[1];
		const status = user
			? { authenticated: true, user: JSON.parse(Buffer.from(user, "base64url").toString()) }
			: { authenticated: false };
		const known = kind === "TokenReview" && apiVersion === "authentication.k8s.io/v1";
		response.writeHead(known ? 200 : 400, { "content-type": "application/json" });
		response.end(JSON.stringify({ kind, apiVersion, status }));
	});

describe.each(kinds)("%s", (_name, assets) => {
	let cluster: Cluster | undefined;
	let subject: Subject;
	let reviewer: Server;

	beforeAll(async () => {
		reviewer = reviewTokens().listen(0, "127.0.0.1");
		await once(reviewer, "listening");
		const tokenReviewUrl = `http://127.0.0.1:${(reviewer.address() as AddressInfo).port}/`;
		cluster = await startCluster({ assets, tokenReviewUrl });
		subject = subjectOf(cluster, tokenOf);
	}, 60_000);

	afterAll(async () => {
		await cluster?.[Symbol.asyncDispose]();
		reviewer.closeAllConnections();
		await new Promise((closed) => reviewer.close(closed));
	});

	describe("objects", () => objects(() => subject));
	describe("patches", () => patches(() => subject));
	describe("policies", () => policies(() => subject));
	describe("watches", () => watches(() => subject));
	describe("access", () => access(() => subject));
	describe("kubectl", () => kubectl(() => subject));
	if (assets) describe("its controllers", () => controlPlaneOnly(assets));
	else describe("only here", () => standInOnly(() => subject));
});

test("a folder without the programs is an error that names the program", async () => {
	await expect(startCluster({ assets: "no-such-folder" })).rejects.toThrow(/etcd did not start/);
});
