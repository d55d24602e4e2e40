// The login as a GitHub App.

import { inFile } from "../mutant.ts";

const contract = "test/contract/github-app.test.ts";
const named = (names: RegExp) => ({ file: contract, names });

export const gitHubApp = [
	...inFile(
		"src/lib/adapters/git/github-app.ts",
		[contract],
		[
			{
				name: "a token is asked for all repositories of the installation",
				tests: [named(/asks for the one repository/)],
				find: "{ repositories: [name], permissions: permissionsOf(options) }",
				replace: "{ permissions: permissionsOf(options) }",
			},
			{
				name: "a token is asked for with every permission of the app",
				tests: [named(/asks for the one repository/)],
				find: "{ repositories: [name], permissions: permissionsOf(options) }",
				replace: "{ repositories: [name] }",
			},
			{
				name: "a token may open pull requests where the app never does",
				tests: [named(/asks for the one repository/)],
				find: "...(opensPullRequests && {",
				replace: "...(opensPullRequests !== null && {",
			},
			{
				name: "each request costs a token",
				tests: [named(/told by its client id/)],
				find: "if (!isGood || asked?.anew) kept",
				replace: "kept",
			},
			{
				name: "a token that was revoked is used until it ends",
				tests: [named(/gets another token once where/)],
				find: "!isGood || asked?.anew",
				replace: "!isGood",
			},
			{
				name: "a token is kept after its end",
				tests: [named(/five minutes before/)],
				find: "kept.endsAt - clock.now().getTime() > renewBeforeMs",
				replace: "true",
			},
			{
				name: "a clock that is a little ahead is refused",
				tests: [named(/has time for a clock/)],
				find: "iat: now - 60, exp: now + 9 * 60",
				replace: "iat: now, exp: now + 600",
			},
			{
				name: "GitHub is asked although it has us wait",
				tests: [named(/is not asked again/)],
				find: "if (limited && limited.until > clock.now().getTime()) throw limited.fault;",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/git/github-faults.ts",
		[contract],
		[
			{
				name: "a wrong clock is a wrong key",
				tests: [named(/GitHub refuses a clock/)],
				find: "ahead !== undefined && (",
				replace: "ahead !== undefined && false && (",
			},
			{
				name: "a limit that is a 403 is a refusal for good",
				tests: [named(/a limit of the other sort/)],
				find: "if (status !== 403 && status !== 429) return undefined;",
				replace: "if (status !== 429) return undefined;",
			},
			{
				name: "an absurd limit closes the repository",
				tests: [named(/an absurd limit/)],
				find: "Math.min(Number(after), longestSeconds)",
				replace: "Number(after)",
			},
		],
	),
	...inFile(
		"src/lib/config/repository-hosts.ts",
		["test/unit/config/configuration.test.ts"],
		[
			{
				name: "a GitHub App's token goes to any server",
				find: "if (there !== host && ",
				replace: "if (false && ",
			},
		],
	),
];
