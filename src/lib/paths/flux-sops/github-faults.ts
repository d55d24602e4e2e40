// What can be wrong with the app's login as a GitHub App.

import { denied, transient } from "../../domain/faults/kind.ts";

type Installed = { app: string; installation: number };

export const gitHubFaults = {
	"github-unreachable": transient<{ api: string; detail: string }>(
		({ api, detail }) => `GitHub's API at ${api} cannot be reached, or fails to answer: ${detail}.`,
		"It is tried again by itself; if it stays, check the app's way to that host, and GitHub's status page.",
	),
	"github-untrusted": denied<{ api: string; detail: string }>(
		({ api, detail }) => `The certificate of GitHub's API at ${api} is not trusted: ${detail}.`,
		"Give its CA in repositories.<name>.ca; there is no way to go on without it.",
	),
	"github-foreign": denied<{ api: string }>(
		({ api }) => `What answers at ${api} is not GitHub's API.`,
		"Correct repositories.<name>.login.api (on GitHub Enterprise Server https://<host>/api/v3), or the proxy on the way to it.",
	),
	"github-rate-limited": transient<{ app: string; seconds: number }>(
		({ app, seconds }) => `GitHub lets GitHub App ${app} ask for a token again in ${seconds} seconds.`,
		"It is tried again by itself, and not before that. If it stays, find out what else uses this GitHub App.",
	),
	"github-clock-differs": denied<{ api: string; seconds: number; where: string }>(
		({ api, seconds, where }) =>
			`The app's clock is ${seconds} seconds ${where} that of ${api}, which refuses what it signs.`,
		"Set the clock that is wrong: Azure's own is right, that of a GitHub Enterprise Server may not be.",
	),
	"github-app-unauthorized": denied<{ app: string; key: string }>(
		({ app, key }) => `GitHub does not take what key ${key} signs as GitHub App ${app}.`,
		"Compare repositories.<name>.login.app with the client id on the GitHub App's page, and the key with the private keys there: one of those has to be what was imported into Key Vault.",
	),
	"github-app-refused": denied<Installed>(
		({ app, installation }) => `GitHub refuses installation ${installation} of GitHub App ${app} a token.`,
		"Look at the organization's settings: its IP allow list needs the app's outbound addresses.",
	),
	"github-installation-missing": denied<Installed>(
		({ app, installation }) => `GitHub App ${app} has no installation ${installation}, or there is no such app.`,
		"Correct repositories.<name>.login.installation: it is the number at the end of the address of the installation's settings. If it was uninstalled, install it again.",
	),
	"github-installation-suspended": denied<Installed>(
		({ app, installation }) => `Installation ${installation} of GitHub App ${app} is suspended.`,
		"Unsuspend it in the settings of the organization, or of the GitHub App.",
	),
	"github-repository-excluded": denied<Installed & { repository: string }>(
		({ app, installation, repository }) =>
			`Installation ${installation} of GitHub App ${app} does not have repository ${repository}.`,
		"Add the repository in the installation's settings, or correct repositories.<name>.url.",
	),
	"github-permission-missing": denied<Installed & { permission: string }>(
		({ app, installation, permission }) =>
			`Installation ${installation} of GitHub App ${app} does not have the permission ${permission}.`,
		"Give the GitHub App that permission, then accept it in the installation's settings: until then it does not count.",
	),
};
