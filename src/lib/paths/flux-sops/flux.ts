// Flux's two objects that bring a file into the cluster, and whether they will; no I/O.
// FX1. What Flux reads must be what the app writes to: the same repository, branch and file, and nothing that leaves it out.
//      Otherwise: the commit is made, Flux never sees it, and the password is changed already.
// FX2. Of their status, only Flux's own words and commit ids are repeated: messages may hold anything. Both kept by: flux.test.ts.
// @see https://fluxcd.io/flux/components/source/gitrepositories/, https://fluxcd.io/flux/components/kustomize/kustomizations/

import ignore from "ignore";

interface Metadata {
	readonly name?: string;
	readonly namespace?: string;
	readonly generation?: number;
}

interface Status {
	readonly observedGeneration?: number;
	readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
}

export interface GitRepository {
	readonly metadata: Metadata;
	readonly spec: {
		readonly url: string;
		readonly ref?: { branch?: string; tag?: string; semver?: string; name?: string; commit?: string };
		readonly suspend?: boolean;
		readonly ignore?: string;
		readonly sparseCheckout?: readonly string[];
		readonly verify?: object;
	};
	readonly status?: Status & { readonly artifact?: { readonly revision?: string } };
}

export interface Kustomization {
	readonly metadata: Metadata;
	readonly spec: {
		readonly path?: string;
		readonly components?: readonly string[];
		readonly sourceRef: { readonly kind: string; readonly name: string; readonly namespace?: string };
		readonly decryption?: { readonly provider?: string };
		readonly suspend?: boolean;
		readonly kubeConfig?: object;
		readonly wait?: boolean;
		readonly healthChecks?: readonly object[];
		readonly timeout?: string;
		readonly interval?: string;
		readonly ignore?: readonly { readonly paths?: readonly string[]; readonly target?: { readonly kind?: string } }[];
	};
	readonly status?: Status & { readonly lastAppliedRevision?: string; readonly lastAttemptedRevision?: string };
}

/** @returns why it brings no Secret into this cluster, as the rest of a sentence that begins with its name */
export function unfitKustomization({ spec }: Kustomization): string | undefined {
	if (spec.sourceRef.kind !== "GitRepository") return "has a source that is no GitRepository";
	if (spec.decryption?.provider !== "sops")
		return "has no decryption by sops; where the AKS extension made it, keep the file in a nested Kustomization that has (README.md of flux-sops)";
	if (spec.kubeConfig) return "applies to another cluster";
	const leavesOut = spec.ignore?.some(
		({ paths = [], target }) =>
			["Secret", undefined].includes(target?.kind) && paths.some((path) => /^(\/(data.*)?)?$/.test(path)),
	);
	return leavesOut ? "ignores the data of Secrets" : undefined;
}

export interface Written {
	readonly url: string;
	readonly branch: string;
	readonly file: string;
	/** The repository's own `.sourceignore`. */
	readonly sourceIgnore?: string | undefined;
}

/** @returns why it never sees what is written, in the same form */
export function unfitGitRepository(
	{ spec }: GitRepository,
	{ url, branch, file, sourceIgnore = "" }: Written,
): string | undefined {
	if (addressOf(spec.url) !== addressOf(url)) return "reads another repository than the one that is configured";
	const { ref = {} } = spec;
	if (ref.commit || ref.tag || ref.semver) return "reads a commit or a tag and no branch";
	if ((ref.name ?? `refs/heads/${ref.branch ?? "master"}`) !== `refs/heads/${branch}`)
		return "reads another branch than the one that is configured";
	if (spec.verify) return "takes signed commits only, and the app's are not signed";
	const checkedOut = spec.sparseCheckout?.map((folder) => folder.replace(/^\.?\/+|\/+$/g, "")) ?? [];
	if (checkedOut.length > 0 && !checkedOut.some((folder) => folder === "" || file.startsWith(`${folder}/`)))
		return "checks out other folders than the file's (sparseCheckout)";
	const left = ignore
		.default()
		.add(sourceIgnore)
		.add(spec.ignore ?? "")
		.ignores(file);
	return left ? "leaves the file out (ignore, .sourceignore)" : undefined;
}

/** Host and path, however it is spelt and fetched. */
function addressOf(text: string): string {
	const url = URL.parse(text);
	return url === null ? text : `${url.hostname}${url.pathname}`.toLowerCase().replace(/(\.git)?\/*$/, "");
}

/** What does not pass by itself; health checks do, when pods have been rolled. */
const failures = [
	"GitOperationFailed",
	"AuthenticationFailed",
	"ArtifactFailed",
	"BuildFailed",
	"ReconciliationFailed",
	"PruneFailed",
	"DependencyNotReady",
];

/** @returns Flux's own word for why an object has failed, where that keeps any file from being applied */
export function failureOf({
	metadata,
	status,
}: {
	readonly metadata: Metadata;
	readonly status?: Status;
}): string | undefined {
	const ready = readyOf(status);
	const isOfNow = status?.observedGeneration === undefined || status.observedGeneration === metadata.generation;
	return isOfNow && ready?.status === "False" ? failures.find((reason) => reason === ready.reason) : undefined;
}

const readyOf = (status: Status | undefined) => status?.conditions?.find(({ type }) => type === "Ready");

/** How far Flux has got, for a person who waits. */
export function standingOf(source: GitRepository, kustomization: Kustomization): string {
	const fetched = commitIn(source.status?.artifact?.revision);
	const tried = commitIn(kustomization.status?.lastAttemptedRevision);
	const told = [
		`GitRepository ${nameOf(source)} has fetched ${fetched ?? "nothing"}${wordOf(source)}`,
		`Kustomization ${nameOf(kustomization)} has tried ${tried ?? "nothing"}${wordOf(kustomization)}`,
	];
	return told.join(", ");
}

export const nameOf = ({ metadata }: { readonly metadata: Metadata }): string =>
	`${metadata.namespace}/${metadata.name}`;

/** `main@sha1:<40 hexadecimal digits>` */
export const hasApplied = ({ status }: Kustomization, commit: string): boolean =>
	status?.lastAppliedRevision?.endsWith(`@sha1:${commit}`) ?? false;

const commitIn = (revision: string | undefined): string | undefined =>
	/^[^@]*@sha1:([0-9a-f]{7})[0-9a-f]{33}$/.exec(revision ?? "")?.[1];

function wordOf({ spec, status }: GitRepository | Kustomization): string {
	if (spec.suspend) return " (suspended)";
	const { status: isReady, reason = "" } = readyOf(status) ?? {};
	return isReady === "False" && /^[A-Z][A-Za-z]{2,40}$/.test(reason) ? ` (not ready: ${reason})` : "";
}

/** A reconciliation that was asked for: a fetch and a build. */
const reconciledSeconds = 60;

/** @returns after how many seconds a commit is applied at the latest, where nothing fails: Flux ends its health checks first */
export function appliedWithin({ spec }: Kustomization): number {
	const checks = spec.wait || (spec.healthChecks?.length ?? 0) > 0;
	return reconciledSeconds + (checks ? secondsOf(spec.timeout ?? spec.interval ?? "0s") : 0);
}

/** Go's form of a duration: `1h30m`. */
function secondsOf(duration: string): number {
	const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };
	return Math.ceil(
		[...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
			(sum, [, count, unit]) => sum + Number(count) * units[unit!]!,
			0,
		),
	);
}
