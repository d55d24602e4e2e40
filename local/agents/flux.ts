// Flux's source-controller and kustomize-controller, as far as a Secret in git needs them.
// FL1. The token of a request is taken at the end of every look: of one that failed, and of a suspended object too. Otherwise:
//      a client that waits for it alone passes here, and not in a cluster.
// FL2. An object that is still encrypted is never applied, and one of this Kustomization is put back at each look. Kept by:
//      flux.test.ts.
// FL3. Where the branch has not moved, nothing is cloned, as source-controller has it, and the object is Ready all the same.
// @see https://github.com/fluxcd/source-controller, https://github.com/fluxcd/kustomize-controller

import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { listServerRefs } from "isomorphic-git";
import http from "isomorphic-git/http/node";
import { parseAllDocuments } from "yaml";
import { type Api, at, type KubeObject, type Manifest } from "../../packages/kubernetes-api/index.ts";
import { gitRunner } from "../git/runner.ts";
import { build } from "../kustomize/index.ts";
import { decryptSources } from "./flux-sources.ts";
import { type Identity, openedYaml } from "./sops.ts";

const source = "source.toolkit.fluxcd.io/v1";
const kustomize = "kustomize.toolkit.fluxcd.io";
const requested = "reconcile.fluxcd.io/requestedAt";

interface GitRepository extends KubeObject {
	readonly spec: { url: string; ref?: { branch?: string }; suspend?: boolean; secretRef?: { name: string } };
	readonly status?: { artifact?: { revision: string }; lastHandledReconcileAt?: string; observedGeneration?: number };
}

interface Kustomization extends KubeObject {
	readonly spec: {
		path?: string;
		suspend?: boolean;
		prune?: boolean;
		sourceRef: { name: string; namespace?: string };
		decryption?: { secretRef?: { name: string } };
	};
	readonly status?: {
		lastAttemptedRevision?: string;
		lastAppliedRevision?: string;
		lastHandledReconcileAt?: string;
		observedGeneration?: number;
		inventory?: { entries: readonly Entry[] };
	};
}

/** What was applied last: `<namespace>_<name>_<group>_<kind>`, and the version. */
interface Entry {
	readonly id: string;
	readonly v: string;
}

const entryOf = ({ apiVersion, kind, metadata: { namespace = "", name } }: Manifest): Entry => {
	const [version = "", group = ""] = apiVersion.split("/").reverse();
	return { id: [namespace, name, group, kind].join("_"), v: version };
};

function pathOf({ id, v }: Entry): string {
	const [namespace, name, group, kind = ""] = id.split("_");
	return at(group ? `${group}/${v}` : v, `${kind.toLowerCase()}s`, namespace, name);
}

interface Artifact {
	readonly revision: string;
	readonly folder: string;
}

export interface FluxOptions {
	/** As `kustomize-controller`: the manager of the fields that it applies. */
	readonly api: Api;
	/** Whose objects it looks at. */
	readonly namespace: string;
	readonly now?: () => Date;
	/** PEM file of the CA that git is to trust. */
	readonly caFile?: string;
}

export interface Flux extends AsyncDisposable {
	/** Has somebody asked for a look that was not had? */
	isAsked(): Promise<boolean>;
	/** One look at everything: what was asked for, and what is due because the source has moved. */
	round(): Promise<void>;
}

export async function flux({ api, namespace, now = () => new Date(), caFile }: FluxOptions): Promise<Flux> {
	const root = await mkdtemp(join(tmpdir(), "titanic-flux-"));
	const git = gitRunner();
	const artifacts = new Map<string, Artifact>();

	const list = async <T>(version: string, plural: string) =>
		(await api.get<{ items: T[] }>(at(version, plural, namespace))).items;

	async function report(
		plural: "gitrepositories" | "kustomizations",
		{ metadata }: KubeObject,
		end: End,
		more: object,
	): Promise<void> {
		const version = plural === "gitrepositories" ? source : `${kustomize}/v1`;
		const { generation, annotations = {} } = metadata;
		const ready = {
			type: "Ready",
			status: end.failed === undefined ? "True" : "False",
			reason: end.failed ?? end.reason,
			message: end.message,
			observedGeneration: generation,
			lastTransitionTime: now()
				.toISOString()
				.replace(/\.\d+Z/, "Z"),
		};
		const token = annotations[requested];
		const handled = token === undefined ? {} : { lastHandledReconcileAt: token };
		const own = end.isSuspended
			? handled
			: { observedGeneration: generation, conditions: [ready], ...handled, ...more };
		await api.merge(at(version, plural, metadata.namespace, metadata.name, "status"), { status: own });
	}

	async function fetch(one: GitRepository): Promise<void> {
		const { name, namespace: of = "" } = one.metadata;
		if (one.spec.suspend) return report("gitrepositories", one, { reason: "", message: "", isSuspended: true }, {});
		const branch = one.spec.ref?.branch ?? "master";
		try {
			const authorization = await authorizationOf(api, of, one.spec.secretRef?.name);
			const { revision } = await artifactOf(`${of}/${name}`, branch, one.spec.url, authorization);
			const artifact = {
				revision,
				lastUpdateTime: now().toISOString(),
				path: `gitrepository/${of}/${name}`,
				url: "http://source-controller",
			};
			await report("gitrepositories", one, { reason: "Succeeded", message: "stored artifact" }, { artifact });
		} catch {
			await report(
				"gitrepositories",
				one,
				{ reason: "", failed: "GitOperationFailed", message: "failed to checkout" },
				{},
			);
		}
	}

	async function artifactOf(key: string, branch: string, url: string, authorization: string | undefined) {
		const known = artifacts.get(key);
		const revisionOf = (commit: string) => `${branch}@sha1:${commit}`;
		if (known?.revision === revisionOf((await newestOf(url, branch, authorization)) ?? "")) return known;
		const env = { ...process.env, ...gitEnv(authorization), ...(caFile && { GIT_SSL_CAINFO: caFile }) };
		const folder = await mkdtemp(join(root, "artifact-"));
		const clone = ["clone", "-q", "--depth=1", "--single-branch", "--template=", `--branch=${branch}`, url, folder];
		await git.text(clone, { env });
		const commit = (await git.text(["-C", folder, "rev-parse", "HEAD"], { env })).trim();
		await rm(join(folder, ".git"), { recursive: true });
		if (known) await rm(known.folder, { recursive: true });
		const artifact: Artifact = { revision: revisionOf(commit), folder };
		artifacts.set(key, artifact);
		return artifact;
	}

	/** One request from here, where `git ls-remote` would start seven processes: it is asked at each look. */
	async function newestOf(url: string, branch: string, authorization: string | undefined) {
		const agent = caFile === undefined ? undefined : new Agent({ ca: await readFile(caFile) });
		const refs = await listServerRefs({
			http: { request: (request) => http.request({ ...request, agent }) },
			url,
			prefix: `refs/heads/${branch}`,
			protocolVersion: 1,
			...(authorization !== undefined && { headers: { Authorization: authorization } }),
		});
		return refs.find(({ ref }) => ref === `refs/heads/${branch}`)?.oid;
	}

	async function apply(one: Kustomization, { revision, folder }: Artifact): Promise<void> {
		const tried = { lastAttemptedRevision: revision };
		const fail = (failed: string) => report("kustomizations", one, { reason: "", failed, message: failed }, tried);
		if (one.spec.suspend) return report("kustomizations", one, { reason: "", message: "", isSuspended: true }, {});
		let objects: Manifest[];
		try {
			objects = await built(folder, one);
		} catch {
			return fail("BuildFailed");
		}
		for (const object of objects) {
			if ("sops" in object) return fail("ReconciliationFailed");
			await put(object, one);
		}
		const entries = objects.map(entryOf);
		if (one.spec.prune) {
			const gone = (one.status?.inventory?.entries ?? []).filter(({ id }) => !entries.some((entry) => entry.id === id));
			for (const entry of gone) await api.remove(pathOf(entry)).catch(() => {});
		}
		await report(
			"kustomizations",
			one,
			{ reason: "ReconciliationSucceeded", message: revision },
			{ ...tried, lastAppliedRevision: revision, inventory: { entries } },
		);
	}

	/** In a copy, where the files of generators are decrypted before the build, and what is encrypted still after it. */
	async function built(artifact: string, one: Kustomization): Promise<Manifest[]> {
		const identity = await identityOf(one);
		const copy = await mkdtemp(join(root, "build-"));
		try {
			await cp(artifact, copy, { recursive: true });
			const folder = join(copy, one.spec.path ?? "");
			if (identity) await decryptSources(folder, identity);
			const objects = await manifestsIn(folder);
			return await Promise.all(
				objects.map(async (object) =>
					identity && "sops" in object
						? ((await openedYaml(JSON.stringify(object), identity)).tree as unknown as Manifest)
						: object,
				),
			);
		} finally {
			await rm(copy, { recursive: true });
		}
	}

	async function identityOf(one: Kustomization): Promise<Identity | undefined> {
		if (!one.spec.decryption) return undefined;
		const name = one.spec.decryption.secretRef?.name;
		const { data = {} } = await api.get<{ data?: Record<string, string> }>(
			at("v1", "secrets", one.metadata.namespace, name),
		);
		const age = Object.entries(data).find(([key]) => key.endsWith(".agekey"))?.[1] ?? "";
		return { age: Buffer.from(age, "base64").toString().trim() };
	}

	async function put(object: Manifest, { metadata: own }: Kustomization): Promise<void> {
		const { name, namespace: of = namespace } = object.metadata;
		const path = at(object.apiVersion, `${object.kind.toLowerCase()}s`, of, name);
		const there = await api.get<KubeObject>(path).catch(() => undefined);
		const annotations = there?.metadata.annotations ?? {};
		if (annotations[`${kustomize}/reconcile`] === "disabled") return;
		if (there && ["Ignore", "IfNotPresent"].includes(annotations[`${kustomize}/ssa`] ?? "")) return;
		const labels = {
			...object.metadata.labels,
			[`${kustomize}/name`]: own.name,
			[`${kustomize}/namespace`]: own.namespace,
		};
		await api.apply(path, { ...object, metadata: { ...object.metadata, namespace: of, labels } });
	}

	return {
		async isAsked() {
			const all = [
				...(await list<GitRepository>(source, "gitrepositories")),
				...(await list<Kustomization>(`${kustomize}/v1`, "kustomizations")),
			];
			return all.some(({ metadata, status }) => metadata.annotations?.[requested] !== status?.lastHandledReconcileAt);
		},
		async round() {
			for (const one of await list<GitRepository>(source, "gitrepositories")) await fetch(one);
			for (const one of await list<Kustomization>(`${kustomize}/v1`, "kustomizations")) {
				const { name, namespace: of = namespace } = one.spec.sourceRef;
				const artifact = artifacts.get(`${of}/${name}`);
				if (artifact) await apply(one, artifact);
				else await report("kustomizations", one, { reason: "", failed: "ArtifactFailed", message: "no artifact" }, {});
			}
		},
		async [Symbol.asyncDispose]() {
			git[Symbol.dispose]();
			await rm(root, { recursive: true, force: true });
		},
	};
}

/** Looks whenever somebody asks for it, until disposed. */
export function keptLooking(agent: Flux, pollMs: number): AsyncDisposable {
	const stop = new AbortController();
	const looking = (async () => {
		while (!stop.signal.aborted) {
			// What fails is had again: somebody has changed the object meanwhile.
			if (await agent.isAsked().catch(() => false)) await agent.round().catch(() => {});
			await pause(pollMs, undefined, { signal: stop.signal }).catch(() => {});
		}
	})();
	return {
		async [Symbol.asyncDispose]() {
			stop.abort();
			await looking;
		},
	};
}

interface End {
	readonly reason: string;
	readonly failed?: string;
	readonly message: string;
	readonly isSuspended?: true;
}

/** What is in the environment stands in no process's arguments. */
async function authorizationOf(api: Api, namespace: string, name: string | undefined): Promise<string | undefined> {
	if (name === undefined) return undefined;
	const { data = {} } = await api.get<{ data?: Record<string, string> }>(at("v1", "secrets", namespace, name));
	const [user, password] = [data.username, data.password].map((text) => Buffer.from(text ?? "", "base64").toString());
	return `Basic ${btoa(`${user}:${password}`)}`;
}

const gitEnv = (authorization: string | undefined) => ({
	GIT_TERMINAL_PROMPT: "0",
	...(authorization !== undefined && {
		GIT_CONFIG_COUNT: "1",
		GIT_CONFIG_KEY_0: "http.extraHeader",
		GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`,
	}),
});

/** Without a kustomization.yaml, every manifest below the folder. */
async function manifestsIn(folder: string): Promise<Manifest[]> {
	const files = await readdir(folder, { recursive: true });
	if (files.includes("kustomization.yaml")) return build(folder);
	const texts = await Promise.all(
		files
			.filter((file) => file.endsWith(".yaml") && !file.startsWith("."))
			.map((file) => readFile(join(folder, file), "utf8")),
	);
	return texts.flatMap((text) =>
		parseAllDocuments(text).map((document) => {
			if (document.errors.length > 0) throw new Error("no YAML");
			return document.toJS() as Manifest;
		}),
	);
}
