// The app's own branches, and the pull requests that bring them into a branch that takes nothing else.

import { inFile } from "../mutant.ts";

const inContract = (name: string) => (names: RegExp) => ({ file: `test/contract/${name}.test.ts`, names });
const branch = inContract("own-branch");
const mode = inContract("pull-request-mode");
const configured = "test/unit/config/pull-requests.test.ts";

export const pullRequests = [
	...inFile(
		"src/lib/adapters/git/own-branch.ts",
		[branch(/is not ours/)],
		[
			{
				name: "what a reviewer has added is written over",
				find: 'if (replaced && !replaced.isOurs) throw new Fault("branch-taken"',
				replace: 'if (replaced && false) throw new Fault("branch-taken"',
			},
			{
				name: "a branch with somebody else's commit is removed",
				find: "if (isOurs) await sent",
				replace: "if (isOurs !== undefined) await sent",
			},
			{
				name: "a branch that came meanwhile is written over",
				tests: [branch(/is there by now|has moved by now/)],
				find: "const from = replaced?.commit ?? nowhere;",
				replace: "const from = (await found(at, name, change.file))?.commit ?? nowhere;",
			},
			{
				name: "a stale branch is merged over what was committed meanwhile",
				tests: [branch(/is current as long as/)],
				find: "before === now",
				replace: "before !== undefined",
			},
		],
	),
	...inFile(
		"src/lib/adapters/git/commit.ts",
		[branch(/with more changed than the file/)],
		[
			{
				name: "whoever calls himself the app is the app",
				find: "(await treeWith(gitdir, parent, file, text)) === commit.tree ? parent : undefined",
				replace: "parent",
			},
			{
				name: "anybody's commit of the file is the app's",
				tests: [branch(/with a reviewer's commit/)],
				find: "!byUs ||",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/git/github-pulls.ts",
		["test/unit/adapters/git/pulls.test.ts"],
		[
			{
				name: "a fork's pull request is ours",
				find: "head.repo?.full_name}`",
				replace: '[owner, name].join("/")}`',
			},
			{
				name: "one that was closed without a merge is merged",
				find: 'merged_at ? "merged" : "closed"',
				replace: '"merged"',
			},
		],
	),
	...inFile(
		"src/lib/adapters/git/azure-devops-pulls.ts",
		["test/unit/adapters/git/pulls.test.ts"],
		[
			{
				name: "a fork's pull request at Azure DevOps is ours",
				find: " && !forkSource",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/git/pull-requests.ts",
		["test/contract/pull-requests.test.ts"],
		[
			{
				name: "one that is there already is a refusal",
				find: "newestIn(api.oneAsList(jsonIn(answer)), branch) : await of(branch);",
				replace: "newestIn(api.oneAsList(jsonIn(answer)), branch) : undefined;",
			},
			{
				name: "an earlier one counts although another is open",
				find: "isOpen(b) - isOpen(a) || b.number - a.number",
				replace: "b.number - a.number",
			},
			{
				name: "a host that has us wait forbids us",
				find: "throw seconds === undefined ? answer",
				replace: "throw seconds !== null ? answer",
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/proposal.ts",
		["test/unit/paths/flux-sops/proposal.test.ts"],
		[
			{
				name: "what people closed is opened again by each sweep",
				find: 'if (request?.state === "closed" && !isOrdered) return "closed";',
				replace: "",
			},
			{
				name: "somebody else's branch is waited for",
				find: 'request?.state === "open" && own.hasThem ? "wait" : "taken"',
				replace: '"wait"',
			},
			{
				name: "a branch that is merged already is opened again",
				find: '!own.isCurrent || request?.state === "merged"',
				replace: "!own.isCurrent",
			},
			{
				name: "each rotation of a file has the branch of the one before",
				find: "{contentsOf(published)}`",
				replace: "{contentsOf([])}`",
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/review.ts",
		[mode(/is proposed, waits for people/)],
		[
			{
				name: "what is not live is proposed",
				tests: [mode(/once the versions are no longer live/)],
				find: "await stillLive();",
				replace: "",
			},
			{
				name: "the old password's pull request stays open",
				tests: [mode(/takes the place of the one before/)],
				find: "for (const one of earlier) await supersede",
				replace: "for (const one of earlier.slice(1)) await supersede",
			},
			{
				name: "an earlier branch goes, whoever has added to it",
				tests: [mode(/that a reviewer has added to/)],
				find: "if (!own?.isOurs) return;",
				replace: "if (!own) return;",
			},
			{
				name: "a second pull request is opened beside the open one",
				tests: [mode(/no second commit and no second pull request/)],
				find: 'request?.state === "open" ? request : await requests?.open',
				replace: "await requests?.open",
				survives: "The host takes one open pull request of two branches, and the one that there is is found then.",
			},
			{
				name: "the app's branches stay for ever",
				find: "for (const name of ours) await supersede",
				replace: "for (const name of ours.slice(ours.length)) await supersede",
			},
			{
				name: "a review that changed the file is waited for until the time is up",
				tests: [mode(/does not say any more which version/)],
				find: "return request ? altered(",
				replace: "return request && false ? altered(",
			},
			{
				name: "one that people closed is waited for",
				tests: [mode(/one that people close ends the delivery/)],
				find: 'if (request?.state === "closed") return',
				replace: "if (false) return",
			},
		],
	),
	...inFile(
		"src/lib/paths/flux-sops/in-git.ts",
		[mode(/a file that a reviewer gave another password/)],
		[
			{
				name: "what a reviewer gave another password is waited for until the time is up",
				find: "return altered ? {",
				replace: "return altered && false ? {",
			},
			{
				name: "an earlier file's Secret counts against the one that is merged",
				find: "(!found.review || (await format.applied(consumer, commit)))",
				replace: "true",
			},
			{
				name: "a plan does not ask whether the app may push its branch",
				tests: [mode(/a plan refuses without the right to push/)],
				find: "await checkout.mayPush();",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/orchestrators/await-copy.ts",
		["test/unit/orchestrators/deliver-consumer.test.ts"],
		[
			{
				name: "what people have merged is not followed up",
				find: 'if (review?.is === "merged" && !at.isMerged)',
				replace: "if (false)",
			},
			{
				name: "what people have merged is followed up at each look",
				find: 'if (review?.is === "merged" && !at.isMerged)',
				replace: 'if (review?.is === "merged")',
			},
			{
				name: "what people have answered is waited for until the time is up",
				find: 'if (review?.is === "ended")',
				replace: "if (false)",
			},
		],
	),
	...inFile(
		"src/lib/config/consistency.ts",
		[configured],
		[
			{
				name: "a review begins when the old password has ended",
				find: "if (isReviewed && secret.role !== undefined)",
				replace: "if (false)",
			},
		],
	),
	...inFile(
		"src/lib/config/repository-hosts.ts",
		[configured],
		[
			{
				name: "a token that opens pull requests goes to any server",
				find: '["pullRequests", isOther ? asked : undefined],',
				replace: '["pullRequests", isOther ? undefined : asked],',
			},
		],
	),
];
