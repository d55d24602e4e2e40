// What can be wrong with a GitHub App, a repository, a SOPS file in it, and Flux, which brings it into the cluster.

import { denied, final, transient } from "../../domain/faults/kind.ts";

type Installed = { app: string; installation: number };

export const fluxSopsFaults = {
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
	"repository-unreachable": transient<{ repository: string; detail: string }>(
		({ repository, detail }) => `Repository ${repository} cannot be reached: ${detail}.`,
		"It is tried again by itself; if it stays, check repositories.<name>.url and the app's way to that host.",
	),
	"repository-failed": transient<{ repository: string; detail: string }>(
		({ repository, detail }) => `Repository ${repository} was reached and failed to answer: ${detail}.`,
		"It is tried again by itself; if it stays, look at the status page of the git server.",
	),
	"repository-untrusted": denied<{ repository: string; detail: string }>(
		({ repository, detail }) => `The certificate of repository ${repository} is not trusted: ${detail}.`,
		"Give its CA in repositories.<name>.ca; there is no way to go on without it.",
	),
	"repository-unauthorized": denied<{ repository: string; credential: string; answer: string }>(
		({ repository, credential, answer }) =>
			`Repository ${repository} does not accept ${credential}; it answered with ${answer}.`,
		"Renew that credential, or correct repositories.<name>.login.",
	),
	"repository-forbidden": denied<{ repository: string; credential: string; right: string }>(
		({ repository, credential, right }) => `${credential} may not ${right} repository ${repository}.`,
		"Give it that right at the git server.",
	),
	"repository-missing": denied<{ repository: string; credential: string }>(
		({ repository, credential }) => `Repository ${repository} does not exist, or ${credential} may not see it.`,
		"Correct repositories.<name>.url, or give the credential the right to read and to push.",
	),
	"repository-moved": denied<{ repository: string; status: number }>(
		({ repository, status }) =>
			`Repository ${repository} has another address by now: what is configured answers with a redirect, HTTP ${status}, which is not followed.`,
		"Correct repositories.<name>.url, and the URL of the GitRepository that reads it.",
	),
	"repository-foreign": denied<{ repository: string }>(
		({ repository }) => `What answers for repository ${repository} is not a git server.`,
		"Correct repositories.<name>.url, or the proxy on the way to it.",
	),
	"repository-too-large": denied<{ repository: string }>(
		({ repository }) =>
			`The newest commit of repository ${repository} has more than 32 MiB packed, or more than 128 MiB unpacked, which the app does not take.`,
		"Keep the encrypted file in a repository of its own, with a GitRepository and a Kustomization for it.",
	),
	"branch-missing": denied<{ repository: string; branch: string }>(
		({ repository, branch }) => `Repository ${repository} has no branch ${branch}.`,
		"Correct repositories.<name>.branch.",
	),
	"branch-protected": denied<{ repository: string; branch: string; answer: string }>(
		({ repository, branch, answer }) =>
			`Repository ${repository} does not let the app's credential push to branch ${branch}: ${answer}.`,
		"Let that credential push to the branch without a pull request, or have the app open pull requests (repositories.<name>.pullRequests). The plan asked by a push that changes nothing.",
	),
	"push-denied": denied<{ repository: string; branch: string; answer: string }>(
		({ repository, branch, answer }) =>
			`Repository ${repository} does not take the app's commit on branch ${branch}: ${answer}.`,
		"Let the app's credential push to that branch: it may be protected, or a rule may ask for a pull request.",
	),
	"push-overtaken": transient<{ repository: string; branch: string }>(
		({ repository, branch }) =>
			`Others pushed to branch ${branch} of repository ${repository} each time the app was about to.`,
		"It is tried again by itself.",
	),
	"branch-taken": denied<{ repository: string; branch: string }>(
		({ repository, branch }) =>
			`Branch ${branch} of repository ${repository}, which the app calls its own, has something that the app did not commit.`,
		"Find out who did, and delete the branch or give it another name. Then order the delivery again: the app makes its branch again.",
	),
	"pull-request-refused": denied<{ repository: string; branch: string; answer: string }>(
		({ repository, branch, answer }) =>
			`The host of repository ${repository} opens no pull request for branch ${branch}: it answered with ${answer}.`,
		"Open one by hand, with the credential of the app if you can: what keeps you from it keeps the app. One that is open is found.",
	),
	"pull-request-closed": final<{ request: string; branch: string; secret: string }>(
		({ request, branch, secret }) =>
			`Pull request ${request} was closed without a merge, so the new version of ${secret} does not get onto branch ${branch}.`,
		"Reopen it, or order the delivery again (rotator deliver NAME): the app opens another one for a person, and none by itself.",
	),
	"pull-request-altered": final<{ repository: string; branch: string; file: string; detail: string }>(
		({ repository, branch, file, detail }) =>
			`File ${file} on branch ${branch} of repository ${repository} is not what the app's pull request had: ${detail}.`,
		"Find out who changed it, in the review or since. Then order the delivery again: the app proposes the file again.",
	),
	"sops-file-missing": denied<{ repository: string; branch: string; file: string }>(
		({ repository, branch, file }) => `Branch ${branch} of repository ${repository} has no file ${file}.`,
		"Commit the Secret's manifest there, encrypted with sops, or correct the consumer in the configuration.",
	),
	"sops-file-unfit": denied<{ repository: string; file: string; detail: string }>(
		({ repository, file, detail }) => `File ${file} of repository ${repository} ${detail}.`,
		"Bring it into the form that the README of flux-sops shows: one Secret, encrypted with encrypted_regex: ^(data|stringData)$.",
	),
	"sops-recipient-unknown": denied<{ repository: string; file: string; recipient: string }>(
		({ repository, file, recipient }) =>
			`File ${file} of repository ${repository} is encrypted for ${recipient} too, which the configuration does not list.`,
		"Find out who added it. Then take it out with sops updatekeys, or add it to recipients in the configuration.",
	),
	"sops-recipient-missing": denied<{ repository: string; file: string; recipient: string }>(
		({ repository, file, recipient }) =>
			`File ${file} of repository ${repository} is not encrypted for ${recipient}, which the configuration lists.`,
		"Add it with sops updatekeys, or take it out of recipients in the configuration.",
	),
	"encryption-key-unavailable": transient<{ key: string }>(
		({ key }) => `Key ${key} cannot be read now: its vault cannot be reached or failed to answer.`,
		"It is tried again by itself; if it stays, check the vault's network rules.",
	),
	"encryption-key-forbidden": denied<{ key: string }>(
		({ key }) => `The app may not read key ${key}.`,
		"Grant the app's identity Microsoft.KeyVault/vaults/keys/read on that key.",
	),
	"encryption-key-unusable": denied<{ key: string; detail: string }>(
		({ key, detail }) => `Key ${key}, which the file is encrypted for, ${detail}.`,
		"Encrypt the file again for a key that is enabled (sops updatekeys, sops rotate).",
	),
	"flux-missing": denied<{ object: string }>(
		({ object }) => `${object} does not exist.`,
		"Correct the consumer in the configuration, or deploy what Flux needs.",
	),
	"flux-suspended": denied<{ object: string }>(
		({ object }) => `${object} is suspended, so nothing that is committed gets into the cluster.`,
		"flux resume, then start the rotation or the delivery again.",
	),
	"flux-unfit": final<{ object: string; detail: string }>(
		({ object, detail }) => `${object} ${detail}.`,
		"Compare it with the repository and the consumer in the configuration.",
	),
	"flux-failing": denied<{ object: string; reason: string }>(
		({ object, reason }) => `${object} fails, so nothing that is committed gets into the cluster: ${reason}.`,
		"flux get all -A shows why; correct that first.",
	),
};
