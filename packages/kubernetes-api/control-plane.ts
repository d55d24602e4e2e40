/**
 * A real control plane (etcd, kube-apiserver, kube-controller-manager) from the folder that KUBEBUILDER_ASSETS names.
 *
 * Invariant: what was started is gone once `stop` has ended or the start has failed. Otherwise a test run leaves
 * processes of 100 MB each behind, and the next one meets their ports.
 * There is neither scheduler nor kubelet: an agent binds the pods and reports their status.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A running control plane: its address, the PEM that signs it, and the token of a system:masters user. */
export interface ControlPlane {
	server: string;
	ca: string;
	adminToken: string;
	stop(): Promise<void>;
}

const patience = 60_000;

/**
 * Starts etcd, then kube-apiserver, then (with `controllers`) kube-controller-manager.
 * @param assets folder with the three programs, as envtest lays it out
 * @param options.tokenReviewUrl http address that answers TokenReview: asked for every token but the administrator's
 * @throws Error that names the program that ended or did not become ready, with the last lines it wrote
 */
export async function startControlPlane(
	assets: string,
	options: { tokenReviewUrl?: string; controllers?: boolean },
): Promise<ControlPlane> {
	const folder = await mkdtemp(join(tmpdir(), "control-plane-"));
	const programs: Program[] = [];
	const start = (name: string, flags: string[]) =>
		programs.push(startProgram(join(assets, process.platform === "win32" ? `${name}.exe` : name), name, flags));
	const stop = async () => {
		for (const program of programs.reverse()) await program.kill();
		await rm(folder, { recursive: true, force: true, maxRetries: 5 });
	};
	try {
		const [client, peer, secure] = (await freePorts(3)) as [number, number, number];
		const adminToken = randomBytes(24).toString("base64url");
		const etcdUrl = `http://127.0.0.1:${client}`;
		const server = `https://127.0.0.1:${secure}`;

		start("etcd", [
			`--data-dir=${join(folder, "etcd")}`,
			`--listen-client-urls=${etcdUrl}`,
			`--advertise-client-urls=${etcdUrl}`,
			`--listen-peer-urls=http://127.0.0.1:${peer}`,
			"--unsafe-no-fsync",
		]);
		start("kube-apiserver", [
			`--etcd-servers=${etcdUrl}`,
			"--bind-address=127.0.0.1",
			`--secure-port=${secure}`,
			`--cert-dir=${join(folder, "certificates")}`,
			"--authorization-mode=RBAC",
			"--anonymous-auth=false",
			"--disable-admission-plugins=ServiceAccount",
			...(await credentials(folder, adminToken, options.tokenReviewUrl)),
		]);
		await ready(server, adminToken, programs);
		const ca = await readFile(join(folder, "certificates", "apiserver.crt"), "utf8");
		if (options.controllers) {
			const kubeConfig = join(folder, "kubeconfig.json");
			await writeFile(kubeConfig, kubeConfigFile(server, { "insecure-skip-tls-verify": true }, adminToken));
			start("kube-controller-manager", [
				`--kubeconfig=${kubeConfig}`,
				"--controllers=deployment,replicaset,statefulset,daemonset,job,cronjob,garbagecollector,namespace",
				"--leader-elect=false",
				"--port=0",
				"--secure-port=0",
			]);
		}
		return { server, ca, adminToken, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

/** Writes what the server authenticates with, and answers the flags that name it. */
async function credentials(folder: string, adminToken: string, tokenReviewUrl?: string): Promise<string[]> {
	const tokens = join(folder, "tokens.csv");
	await writeFile(tokens, `${adminToken},admin,admin,"system:masters"\n`, { mode: 0o600 });
	const { privateKey, publicKey } = generateKeyPairSync("rsa", {
		modulusLength: 2048,
		privateKeyEncoding: { type: "pkcs8", format: "pem" },
		publicKeyEncoding: { type: "spki", format: "pem" },
	});
	const key = join(folder, "service-account.key");
	await writeFile(key, privateKey, { mode: 0o600 });
	await writeFile(`${key}.pub`, publicKey);
	const flags = [
		`--token-auth-file=${tokens}`,
		`--service-account-key-file=${key}.pub`,
		`--service-account-signing-key-file=${key}`,
		"--service-account-issuer=https://kubernetes.default.svc",
	];
	if (!tokenReviewUrl) return flags;
	const webhook = join(folder, "token-review.json");
	await writeFile(webhook, kubeConfigFile(tokenReviewUrl, {}));
	return [
		...flags,
		`--authentication-token-webhook-config-file=${webhook}`,
		"--authentication-token-webhook-version=v1",
		"--authentication-token-webhook-cache-ttl=5s",
	];
}

/** A kubeconfig in JSON, which is YAML too. */
function kubeConfigFile(server: string, tls: object, token?: string): string {
	return JSON.stringify({
		apiVersion: "v1",
		kind: "Config",
		clusters: [{ name: "local", cluster: { server, ...tls } }],
		users: [{ name: "local", user: token ? { token } : {} }],
		contexts: [{ name: "local", context: { cluster: "local", user: "local" } }],
		"current-context": "local",
	});
}

interface Program {
	/** Why it is no longer running, with its last lines; undefined while it runs. */
	ended(): string | undefined;
	kill(): Promise<void>;
}

function startProgram(file: string, name: string, flags: string[]): Program {
	const child: ChildProcess = spawn(file, flags, { stdio: ["ignore", "ignore", "pipe"], windowsHide: true });
	let said = "";
	let ended: string | undefined;
	child.stderr?.setEncoding("utf8").on("data", (text: string) => {
		said = (said + text).slice(-2_000);
	});
	const gone = Promise.race([once(child, "exit"), once(child, "error")]).then(
		([code, signal]) => {
			ended = `${name} ended (${signal ?? code})`;
		},
		(error: Error) => {
			ended = `${name} did not start: ${error.message}`;
		},
	);
	const dieWithParent = () => {
		// One that did not start has no process yet takes a signal, which then ends this process and its whole group.
		if (child.pid !== undefined) child.kill("SIGKILL");
	};
	process.once("exit", dieWithParent);
	return {
		ended: () => ended && `${ended}. It wrote last:\n${said}`,
		async kill() {
			process.off("exit", dieWithParent);
			if (!ended) dieWithParent();
			await gone;
		},
	};
}

/** Asks /readyz until it says ok: the server offers nothing to wait on. */
async function ready(server: string, token: string, programs: Program[]): Promise<void> {
	for (const deadline = Date.now() + patience; ; ) {
		const ended = programs.map((program) => program.ended()).find(Boolean);
		if (ended) throw new Error(ended);
		if ((await status(`${server}/readyz`, token)) === 200) return;
		if (Date.now() > deadline) throw new Error(`kube-apiserver was not ready within ${patience / 1000} s.`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

/** @returns undefined while nobody listens. The certificate is not checked: the server has only just made it. */
function status(url: string, token: string): Promise<number | undefined> {
	return new Promise((resolve) => {
		const options = { rejectUnauthorized: false, agent: false, headers: { authorization: `Bearer ${token}` } };
		const asked = request(url, options, (response) => {
			response.resume();
			response.on("close", () => resolve(response.statusCode));
		});
		asked.on("error", () => resolve(undefined));
		asked.end();
	});
}

/** Free at this moment: all are held until the last is known, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
	const held = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
	await Promise.all(held.map((server) => once(server, "listening")));
	const ports = held.map((server) => (server.address() as { port: number }).port);
	await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
	return ports;
}
