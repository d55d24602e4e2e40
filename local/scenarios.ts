// What `npm run demo -- --scenario NAME` can show: each strategy, each delivery path and each kind of workload, one at a time.
// SC1. Whatever a configuration can name has a scenario. Otherwise: it was never seen working from end to end.
//      Kept by: scenarios.test.ts.

import { fileURLToPath } from "node:url";

export interface Scenario {
	/** One line for `--scenario list`. */
	readonly says: string;
	/** As the configuration calls them. */
	readonly strategy: string;
	readonly path: string;
	readonly kind: string;
	/** What is rotated; default: the database's password. */
	readonly secret?: "db-password" | "flask-secret-key";
	/** How many values it has had in the end, with the one that was there; default: two. */
	readonly values?: number;
	/** The folder of examples/titanic-api that is built and deployed. */
	readonly deploys: string;
	/** Default: one. */
	readonly nodes?: number;
	/** What is rotated at the same moment, and uses the same workload. */
	readonly together?: "flask-secret-key";
	/** After the rotation an operator goes back to the value from before. */
	readonly rollsBack?: true;
}

const all = {
	"csi-driver": {
		says: "one user's password, brought to a Deployment's pods by the Secrets Store CSI driver",
		strategy: "single-user",
		path: "csi-driver",
		kind: "Deployment",
		deploys: "overlays/production",
	},
	"alternating-users": {
		says: "two users that take turns: user name and password in one secret, and no login fails meanwhile",
		strategy: "alternating-users",
		path: "csi-driver",
		kind: "Deployment",
		deploys: "overlays/production",
	},
	"random-value": {
		says: "a key that signs sessions: each pod accepts the new one before any signs with it, and no session ends",
		strategy: "random-value",
		path: "csi-driver",
		kind: "Deployment",
		secret: "flask-secret-key",
		values: 3,
		deploys: "overlays/production",
	},
	"stateful-set": {
		says: "the same for a StatefulSet: one pod after another, each under the name of the one before",
		strategy: "single-user",
		path: "csi-driver",
		kind: "StatefulSet",
		deploys: "kinds/stateful-set",
	},
	"argo-rollout": {
		says: "the same for an Argo Rollout: restarted by restartAt, without an update",
		strategy: "single-user",
		path: "csi-driver",
		kind: "Rollout",
		deploys: "kinds/rollout",
	},
	"daemon-set": {
		says: "the same for a DaemonSet: node by node",
		strategy: "single-user",
		path: "csi-driver",
		kind: "DaemonSet",
		deploys: "kinds/daemon-set",
		nodes: 2,
	},
	"cron-job": {
		says: "the same for a CronJob beside the Deployment: nothing of it is restarted, and its next run proves it",
		strategy: "single-user",
		path: "csi-driver",
		kind: "CronJob",
		deploys: "kinds/cron-job",
	},
	"external-secrets": {
		says: "the same, by External Secrets, which is asked to sync at once",
		strategy: "single-user",
		path: "external-secrets",
		kind: "Deployment",
		deploys: "overlays/production",
	},
	"flux-sops": {
		says: "the same, by a Secret in git that is encrypted with SOPS and applied by Flux",
		strategy: "single-user",
		path: "flux-sops",
		kind: "Deployment",
		deploys: "overlays/production",
	},
	"kustomize-generator": {
		says: "a file in git of which Kustomize makes a Secret of another name: Flux rolls the pods, and no login fails",
		strategy: "alternating-users",
		path: "kustomize-generator",
		kind: "Deployment",
		deploys: "overlays/production",
	},
	"kubernetes-secret": {
		says: "the same, by a plain Kubernetes Secret that the app writes",
		strategy: "single-user",
		path: "kubernetes-secret",
		kind: "Deployment",
		deploys: "overlays/production",
	},
	"workload-identity": {
		says: "the same without a copy: the pods read the vault themselves, and each is proved by a session of its own",
		strategy: "single-user",
		path: "workload-identity",
		kind: "Deployment",
		deploys: "overlays/production",
	},
	"several-secrets": {
		says: "two secrets of one workload, due at the same moment: both are proved by one roll",
		strategy: "alternating-users",
		path: "csi-driver",
		kind: "Deployment",
		together: "flask-secret-key",
		deploys: "overlays/production",
	},
	rollback: {
		says: "a rotation, and then the way back to the earlier password, forward as a new version",
		strategy: "single-user",
		path: "csi-driver",
		kind: "Deployment",
		deploys: "overlays/production",
		rollsBack: true,
	},
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof all;
export const scenarios: Readonly<Record<ScenarioName, Scenario>> = all;
export const scenarioNames = Object.keys(scenarios) as ScenarioName[];
export const defaultScenario: ScenarioName = "csi-driver";

export const secretOf = ({ secret = "db-password" }: Scenario) => secret;

const example = new URL("../examples/titanic-api/", import.meta.url);
export const folderOf = ({ deploys }: Scenario): string => fileURLToPath(new URL(deploys, example));

/** A line each, for people. */
export function scenarioList(): string {
	const width = Math.max(...scenarioNames.map(({ length }) => length));
	return scenarioNames.map((name) => `${name.padEnd(width)}  ${scenarios[name].says}\n`).join("");
}

/** @throws Error that says which name was perhaps meant */
export function scenarioCalled(name: string): ScenarioName {
	const found = scenarioNames.find((one) => one === name);
	if (found !== undefined) return found;
	const [nearest] = scenarioNames
		.map((one) => ({ one, steps: editsBetween(name, one) }))
		.filter(({ one, steps }) => steps <= one.length / 2)
		.sort((one, other) => one.steps - other.steps);
	const meant = nearest === undefined ? "" : `; did you mean ${nearest.one}?`;
	throw new Error(`--scenario is "${name}", which there is not${meant} (--scenario list prints all)`);
}

/** How many letters have to be added, removed or changed: Levenshtein's distance. */
function editsBetween(one: string, other: string): number {
	let row = Array.from({ length: other.length + 1 }, (_, at) => at);
	for (const [line, letter] of [...one].entries()) {
		const next = [line + 1];
		for (let at = 1; at < row.length; at++) {
			const changed = row[at - 1]! + (other[at - 1] === letter ? 0 : 1);
			next.push(Math.min(changed, row[at]! + 1, next[at - 1]! + 1));
		}
		row = next;
	}
	return row.at(-1)!;
}
