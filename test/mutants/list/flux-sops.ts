// The path flux-sops, and the git repository that it commits to.

import { inFile } from "../mutant.ts";

const inContract = (name: string, names: RegExp) => ({ file: `test/contract/${name}.test.ts`, names });
const delivering = (names: RegExp) => inContract("flux-sops", names);
const repository = (names: RegExp) => inContract("repository", names);
const unit = (name: string) => `test/unit/paths/flux-sops/${name}.test.ts`;

export const fluxSops = [
	...inFile(
		"src/lib/adapters/git/faults.ts",
		["test/unit/adapters/git/faults.test.ts"],
		[
			{
				name: "a repository that was renamed is called unauthorized",
				find: "if (status === 301 || status === 308)",
				replace: "if (false)",
			},
			{
				name: "a limit of requests is called a right that lacks",
				find: 'if (status === 403 && (headers["retry-after"]',
				replace: 'if (false && (headers["retry-after"]',
			},
		],
	),
	...inFile(
		"src/lib/adapters/git/repository.ts",
		["test/contract/repository.test.ts"],
		[
			{
				name: "a rehearsal asks nobody",
				tests: [repository(/is declined by the server's own hook/)],
				find: "rehearse: () => rehearsed(at),",
				replace: "rehearse: async () => {},",
			},
			{
				name: "a rehearsal that fails for any reason is a protected branch",
				tests: [repository(/proves nothing where the server fails it/)],
				find: 'answer !== "taken" && declined.find((one) => one === answer.words)',
				replace: 'answer !== "taken" && (answer.words ?? "no reason")',
			},
			{
				name: "the repository stays on the disk",
				tests: [repository(/leaves nothing on the disk/)],
				find: "await rm(gitdir, { recursive: true, force: true });",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/git/push.ts",
		["test/contract/repository.test.ts"],
		[
			{
				name: "a branch that was deleted meanwhile is made again",
				tests: [repository(/whose branch was deleted meanwhile/)],
				find: "onPrePush: ({ remoteRef: { oid } }) => oid === from,",
				replace: "",
			},
			{
				name: "a rehearsal puts the branch back to where it was read",
				tests: [repository(/is not sent to a branch that has moved on/)],
				find: "({ remoteRef: { oid } }) => oid === from",
				replace: "({ remoteRef: { oid } }) => oid === from || to === from",
			},
			{
				name: "a lost race is a refusal",
				tests: [repository(/comes while our push is under way/)],
				find: '(await hasMoved(url, http, push)) ? "moved" : {',
				replace: '(await hasMoved(url, http, push)) && false ? "moved" : {',
			},
			{
				name: "a server's own words are repeated",
				tests: [repository(/gives a reason of its own is not repeated/)],
				find: '[...declined, ...failed].find((words) => said.includes(words)) ?? "no reason that git servers share"',
				replace: "said",
			},
		],
	),
	...inFile(
		"src/lib/adapters/git/http.ts",
		["test/contract/repository.test.ts"],
		[
			{
				name: "a credential that was refused is not asked for anew",
				tests: [repository(/asks once more with another credential/)],
				find: "answer.status === 401 ? await tried(true) : answer",
				replace: "answer",
			},
			{
				name: "any answer is git's",
				tests: [repository(/answers .* when it is read as when it is written/)],
				find: 'if (answer.status !== 200 || !type.startsWith("application/x-git-")) throw answer;',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/git/exchange.ts",
		["test/contract/repository.test.ts"],
		[
			{
				name: "a repository of any size is taken",
				tests: [repository(/is too large/)],
				find: 'if (length > mostBytes) throw Object.assign(new Error(), { code: "TOO_LARGE" });',
				replace: "",
			},
			{
				name: "a git server that changes the protocol is waited for, for ever",
				tests: ["test/unit/adapters/git/exchange.test.ts"],
				find: 'reject(new Error("changes the protocol"));',
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/git/pack.ts",
		["test/unit/adapters/git/pack.test.ts"],
		[
			{
				name: "a pack may unpack to any size",
				find: "if (header.size > left) return true;",
				replace: "",
				survives:
					"the object is inflated first, to no more than its header says, and refused all the same: what is lost is memory",
			},
			{
				name: "an object is what its header says",
				find: "buffer.length === size ?",
				replace: "buffer.length <= size ?",
			},
			{
				name: "of a delta counts what is sent",
				tests: [repository(/in one file or by copies/)],
				find: "header.isDelta ? resultOf(inflated.bytes) : header.size",
				replace: "header.size",
			},
			{
				name: "objects cost nothing",
				find: "const objectBytes = 1024;",
				replace: "const objectBytes = 0;",
			},
		],
	),
	...inFile(
		"src/lib/adapters/git/login.ts",
		["test/unit/adapters/git/login.test.ts"],
		[
			{
				name: "a token that was renewed is used only after a restart",
				find: "kept === undefined || options?.anew",
				replace: "kept === undefined",
			},
		],
	),
	...inFile(
		"src/lib/adapters/key-vault/encryption-key.ts",
		["test/contract/encryption-key.test.ts"],
		[
			{
				name: "a key that is disabled is encrypted for",
				find: "found.properties.enabled === false",
				replace: "false",
			},
			{
				name: "the newest version of a key is encrypted for, whichever the file names",
				find: "await client.getKey(name, { version })",
				replace: "await client.getKey(name, {})",
			},
		],
	),
	...inFile(
		"src/lib/config/repository-hosts.ts",
		["test/unit/config/configuration.test.ts"],
		[
			{
				name: "the app's own token goes to any git server",
				find: 'login.mode === "entra" && !azureDevOps.test',
				replace: 'login.mode === "entra" && !/./.test',
			},
		],
	),
	...inFile(
		"src/lib/config/consistency.ts",
		["test/unit/config/configuration.test.ts"],
		[
			{
				name: "one branch of a repository may have two names",
				find: 'twins("repositories", all, place, problem);',
				replace: "void place;",
			},
			{
				name: "two secrets may write one file, for two namespaces",
				find: 'for (const thing of elsewhere) writes(thing, "");',
				replace: "for (const thing of elsewhere) writes(thing, place + namespace);",
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/delivery.ts",
		["test/contract/flux-sops.test.ts"],
		[
			{
				name: "each delivery makes a commit",
				tests: [delivering(/the same version makes no second commit/)],
				find: "says: ({ annotations }, published) => saysItHas(annotations, published),",
				replace: "says: () => false,",
			},
			{
				name: "a file that lies about its versions is left as it is",
				tests: [delivering(/whose Secret shows that it has not/)],
				find: "return !expectedOf(consumer, published).every((one) => isCurrent(held, one));",
				replace: "return false;",
			},
			{
				name: "a Secret that Flux does not keep is no obstacle",
				tests: [delivering(/a Secret that Flux does not keep/)],
				find: "if (unkept) return unkept;",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/in-git.ts",
		["test/contract/flux-sops.test.ts"],
		[
			{
				name: "a branch that takes no push is found after ALTER ROLE",
				tests: [delivering(/a protected branch is told as that, by the plan already/)],
				find: "if (!found.review) await checkout.rehearse();",
				replace: "if (!found.review) void 0;",
			},
			{
				name: "what is not live any more is written",
				tests: [delivering(/nothing is written once the versions are no longer live/)],
				find: "await stillLive();",
				replace: "",
			},
			{
				name: "a push that was overtaken is not made anew",
				tests: [delivering(/commits in between are kept/)],
				find: "attempt <= tries",
				replace: "attempt <= 1",
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/objects.ts",
		["test/contract/flux-sops.test.ts"],
		[
			{
				name: "Flux is asked to look once, however often it is delivered",
				tests: [delivering(/asks Flux again in each round/)],
				find: "[rotationId, round,",
				replace: "[rotationId, 1,",
			},
			{
				name: "a Flux that is suspended is no obstacle",
				tests: [delivering(/refuses what Flux would never see/)],
				find: "if (one.spec.suspend) return",
				replace: "if (false) return",
			},
			{
				name: "a Flux that fails is no obstacle",
				tests: [delivering(/where Flux fails already/)],
				find: "if (reason !== undefined) return",
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/file.ts",
		[delivering(/is no Secret, has other keys or other recipients/)],
		[
			{
				name: "a recipient that nobody configured gets the next password",
				find: "if (unknown !== undefined) return",
				replace: "if (false) return",
			},
			{
				name: "a recipient that is configured and lacks is not missed",
				find: "return missing === undefined ? undefined :",
				replace: "return true ? undefined :",
			},
			{
				name: "the next password goes into whatever Secret the file makes",
				find: "if (found.name !== secret) return",
				replace: "if (false) return",
			},
			{
				name: "the next password goes into another namespace",
				find: "if ((found.namespace ?? namespace) !== namespace) return",
				replace: "if (false) return",
			},
			{
				name: "keys that nobody gives a value are lost",
				find: "if (found.keys.length > wanted.length)",
				replace: "if (false)",
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/flux.ts",
		[unit("flux")],
		[
			{
				name: "a file that Flux leaves out is written",
				find: 'return left ? "leaves',
				replace: 'return false && left ? "leaves',
			},
			{
				name: "commits without a signature go to a Flux that takes none",
				find: "if (spec.verify) return",
				replace: "if (false) return",
			},
			{
				name: "a Kustomization that cannot decrypt is no obstacle",
				find: 'if (spec.decryption?.provider !== "sops")',
				replace: "if (false)",
			},
			{
				name: "health checks that Flux ends first are not waited for",
				find: 'secondsOf(spec.timeout ?? spec.interval ?? "0s") : 0',
				replace: "0 : 0",
			},
			{
				name: "a failure of an earlier generation counts",
				find: 'return isOfNow && ready?.status === "False"',
				replace: 'return ready?.status === "False"',
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/sops/secret-file.ts",
		[unit("secret-file")],
		[
			{
				name: "a file of any size is read as YAML",
				find: "if (excess) return excess;",
				replace: "",
			},
			{
				name: "a value in clear may stay",
				find: 'if (value !== null && value !== "" && !(isText && isEncrypted(value))) return',
				replace: "if (false) return",
			},
			{
				name: "what else is encrypted is lost with the old data key",
				find: "} else if (path.some((key) => rule.includes(key)) || (isText && isEncrypted(value))) {",
				replace: "} else if (false) {",
			},
			{
				name: "a number that Go reads otherwise breaks the MAC",
				find: '} else if (!isText && typeof value !== "boolean" && value !== null) {',
				replace: "} else if (false) {",
			},
			{
				name: "Flux substitutes variables in a value",
				find: 'if (root.has("stringData")) return',
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/sops/block.ts",
		[unit("secret-file")],
		[
			{
				name: "a file of any length is read",
				find: "if (text.length > mostCharacters) return",
				replace: "if (false) return",
			},
			{
				name: "a file of any number of lines is read",
				find: "if (++parts > mostParts)",
				replace: "if (++parts < 0)",
			},
			{
				name: "a list of any number of items is read",
				find: "text.matchAll(/[\\n,]/g)",
				replace: "text.matchAll(/\\n/g)",
			},
			{
				name: "recipients of other kinds are forgotten",
				find: "if (!known.includes(name) || !Array.isArray(value))",
				replace: "if (!known.includes(name)) continue;\n\t\tif (!Array.isArray(value))",
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/sops/encrypted-file.ts",
		[unit("format")],
		[
			{
				name: "the time has a fraction, and Go cannot open what is bound to it",
				find: '.replace(/\\.\\d+Z$/, "Z")',
				replace: "",
			},
			{
				name: "the MAC is over the encrypted values alone",
				find: "else if (!encryptedOnly) hash.update",
				replace: "else if (false) hash.update",
			},
			{
				name: "the data key is always the same",
				find: "const dataKey = random(keyBytes);",
				replace: "const dataKey = new Uint8Array(keyBytes);",
			},
			{
				name: "the first recipient alone can open it",
				find: 'const at = ["sops", kind, next[kind]++];',
				replace: 'if (index > 0) continue;\n\t\tconst at = ["sops", kind, next[kind]++];',
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/sops/cipher.ts",
		[unit("format")],
		[
			{
				name: "a value opens at another place too",
				find: "sealed(text, dataKey, additionalData(place), random)",
				replace: 'sealed(text, dataKey, additionalData([]) + (place && ""), random)',
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/in-git.ts",
		[delivering(/a plan refuses what Flux/)],
		[
			{
				name: "a file that Flux does not build is committed",
				find: "if (!(await isBuilt(",
				replace: "if (false && !(await isBuilt(",
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/reach.ts",
		[unit("reach")],
		[
			{
				name: "folders that name each other are followed for ever",
				find: "if (visited.has(folder)) return false;",
				replace: "",
			},
			{
				name: "what a kustomization.yaml does not name counts as built",
				find: "await scans() : await takes(root)",
				replace: "await scans() : true",
			},
			{
				name: "a folder below with a kustomization.yaml is built whole",
				find: "!== undefined) return takes(folder);",
				replace: "!== undefined) return true;",
			},
			{
				name: "components are not followed",
				find: "const { resources, bases, components }",
				replace: "const { resources, bases, components: _ = 0, nothing: components }",
			},
		],
	),
];
