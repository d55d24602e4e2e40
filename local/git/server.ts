// A git repository over HTTP: the real git's own http-backend, as any web server would run it, behind a password.
// GS1. Nothing here knows git except git itself. Otherwise: the product is tried on our idea of a server.

import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import {
	createServer as createPlainServer,
	type IncomingMessage,
	type RequestListener,
	type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, close, type Faults, faults, listen, type Request } from "../../packages/loopback/index.ts";
import { type GitRunner, gitRunner } from "./runner.ts";

const branch = "main";

export interface GitServerOptions {
	/** `Authorization` headers that are let in; by default that of `user` and `password`. */
	readonly accepts?: (authorization: string) => boolean;
	readonly tls?: { readonly cert: string; readonly key: string };
	readonly port?: number;
	/** Of the repository, below the server's address. */
	readonly path?: string;
	/** What is asked of the server below `/_apis/`, where it has such an API. */
	readonly api?: (request: Asked) => Promise<Answer>;
}

type Asked = Pick<Request, "method" | "url" | "path" | "body">;

export interface GitServer extends AsyncDisposable {
	/** Of its one repository. */
	readonly url: string;
	readonly user: string;
	readonly password: string;
	readonly faults: Faults;
	/** Somebody commits these files onto the branch, past the server. @returns the commit */
	commit(files: Readonly<Record<string, string>>, on?: string): Promise<string>;
	/** Commits this tree under that name on a branch's newest commit; no branch has it yet. @returns the commit */
	commitAs(name: string, email: string, tree: string, on: string): Promise<string>;
	/** @returns `undefined` where the branch does not have it */
	read(file: string): Promise<string | undefined>;
	/** git itself, in the repository. */
	git(...args: string[]): Promise<string>;
	/** From now on this hook of git declines every push, or those to one branch. @returns a function that ends it */
	protect(hook?: "pre-receive" | "update" | "reference-transaction", only?: string): Promise<() => Promise<void>>;
	/** Called before each push is handed to git. */
	beforePush(act: () => Promise<void>): void;
	/** What every request brought. */
	readonly requests: { readonly method: string; readonly url: string; readonly authorization?: string }[];
}

export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
	await using stack = new AsyncDisposableStack();
	const root = await mkdtemp(join(tmpdir(), "titanic-git-server-"));
	stack.defer(() => rm(root, { recursive: true, force: true }));
	const { path = "titanic.git" } = options;
	const folder = join(root, path);
	const who = { name: "somebody", email: "somebody@example.com" };
	const env = {
		PATH: process.env.PATH ?? "",
		HOME: root,
		GIT_CONFIG_NOSYSTEM: "1",
		...{ GIT_AUTHOR_NAME: who.name, GIT_AUTHOR_EMAIL: who.email },
		...{ GIT_COMMITTER_NAME: who.name, GIT_COMMITTER_EMAIL: who.email },
	};
	const runner = stack.use(gitRunner());
	await runner.text(["init", "-q", "--bare", `--initial-branch=${branch}`, folder], { env });
	const git = async (...args: string[]) => (await runner.text(["-C", folder, ...args], { env })).trim();

	const [user, password] = ["titanic-secret-rotator", randomUUID()];
	const basic = `Basic ${btoa(`${user}:${password}`)}`;
	const { accepts = (given) => given === basic, tls, port = 0, api } = options;
	const all = faults();
	const requests: GitServer["requests"] = [];
	let before: (() => Promise<void>) | undefined;

	const answer: RequestListener = async (incoming, outgoing) => {
		const { method = "", url = "", headers } = incoming;
		requests.push({
			method,
			url,
			...(headers.authorization !== undefined && { authorization: headers.authorization }),
		});
		const rule = all.next(method, url);
		if (rule?.cut === "before") return void incoming.socket.destroy();
		if (rule?.status !== undefined) {
			const page = { "content-type": "text/html", ...(rule.code !== undefined && { location: rule.code }) };
			return void outgoing.writeHead(rule.status, page).end("<html>Sign in</html>");
		}
		if (!accepts(headers.authorization ?? ""))
			return void outgoing.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
		if (api && url.includes("/_apis/")) return void answered(outgoing, await api(await askedIn(incoming)), rule?.cut);
		if (method === "POST" && url.endsWith("git-receive-pack")) await before?.();
		const to = rule?.cut === "after" ? undefined : outgoing;
		await byBackend(runner, incoming, to, { ...env, GIT_PROJECT_ROOT: root }).catch(() => {});
		if (rule?.cut === "after") incoming.socket.destroy();
	};
	const server = tls ? createTlsServer(tls, answer) : createPlainServer(answer);
	const address = await listen(server as never, port);
	stack.defer(() => close(server as never));

	const own = stack.move();
	const gitServer: GitServer = {
		url: `${tls ? address.replace("http:", "https:") : address}/${path}`,
		user,
		password,
		faults: all,
		requests,
		git,
		async commit(files, on = branch) {
			const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
			const isNew = (await git("branch", "--list", on)) === "";
			const changes = Object.entries(files).map(([file, text]) => `M 100644 inline ${file}\n${data(text)}`);
			const from = isNew ? "" : `from refs/heads/${on}^0\n`;
			const by = `committer ${who.name} <${who.email}> ${Math.floor(Date.now() / 1000)} +0000\n`;
			const stream = `commit refs/heads/${on}\n${by}${data("somebody's commit")}${from}${changes.join("")}`;
			await runner.text(["-C", folder, "fast-import", "--quiet"], { env, input: stream });
			return git("rev-parse", on);
		},
		async commitAs(name, email, tree, on) {
			const as = {
				GIT_AUTHOR_NAME: name,
				GIT_AUTHOR_EMAIL: email,
				GIT_COMMITTER_NAME: name,
				GIT_COMMITTER_EMAIL: email,
			};
			const asked = ["-C", folder, "commit-tree", "-p", on, "-m", "m", tree];
			return (await runner.text(asked, { env: { ...env, ...as } })).trim();
		},
		async read(file) {
			const { code, out } = await runner.run(["-C", folder, "show", `${branch}:${file}`], { env });
			return code === 0 ? out.toString() : undefined;
		},
		async protect(hook = "pre-receive", only) {
			const path = join(folder, "hooks", hook);
			const declines = "echo 'protected: ask for a review' >&2; exit 1";
			// A pre-receive hook gets a line for each branch: old commit, new commit, name.
			const each = `while read -r _ _ name; do [ "$name" = "refs/heads/${only}" ] && { ${declines}; }; done; exit 0`;
			await writeFile(path, `#!/bin/sh\n${only === undefined ? declines : each}\n`);
			await chmod(path, 0o755);
			return () => rm(path);
		},
		beforePush(act) {
			before = act;
		},
		[Symbol.asyncDispose]: () => own.disposeAsync(),
	};
	return gitServer;
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
	const parts: Buffer[] = [];
	for await (const part of incoming) parts.push(part as Buffer);
	return Buffer.concat(parts);
}

async function askedIn(incoming: IncomingMessage): Promise<Asked> {
	const url = new URL(incoming.url ?? "", "http://any");
	const body = (await bodyOf(incoming)).toString("utf8");
	return { method: incoming.method ?? "", url, path: decodeURIComponent(url.pathname), body };
}

function answered(outgoing: ServerResponse, { status, json }: Answer, cut?: string): void {
	if (cut === "after") return void outgoing.destroy();
	outgoing.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(json));
}

/** As CGI has it. @see https://git-scm.com/docs/git-http-backend */
async function byBackend(
	runner: GitRunner,
	incoming: IncomingMessage,
	outgoing: ServerResponse | undefined,
	env: Record<string, string>,
): Promise<void> {
	const { pathname, search } = new URL(incoming.url ?? "", "http://any");
	const { out: told } = await runner.run(["http-backend"], {
		env: {
			...env,
			GIT_HTTP_EXPORT_ALL: "1",
			REMOTE_USER: "titanic-secret-rotator",
			PATH_INFO: pathname,
			QUERY_STRING: search.slice(1),
			REQUEST_METHOD: incoming.method ?? "",
			CONTENT_TYPE: incoming.headers["content-type"] ?? "",
			...(incoming.headers["git-protocol"] && { GIT_PROTOCOL: String(incoming.headers["git-protocol"]) }),
		},
		input: await bodyOf(incoming),
	});
	const end = told.indexOf("\r\n\r\n");
	const headers = told
		.subarray(0, end)
		.toString()
		.split("\r\n")
		.map((line) => line.split(/: (.*)/) as [string, string]);
	const status = Number(headers.find(([name]) => name === "Status")?.[1].slice(0, 3) ?? 200);
	for (const [name, value] of headers) if (name !== "Status") outgoing?.setHeader(name, value);
	outgoing?.writeHead(status).end(told.subarray(end + 4));
}
