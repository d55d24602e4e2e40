// Everything that can go wrong, as a closed list: a code, a sentence naming the thing at fault, the next step.
// F1. A fault names what is at fault: one that does not, does not compile.
// F2. Nothing foreign gets into a fault's text (SDK messages carry URLs, bodies, tokens): foreign errors are kept where
//     only `foreign()` finds them. `Error.cause` would be printed by console.log. Kept by: fault.test.ts.
// F3. `transient` decides what is retried: a transient fault is thrown, a final one is returned (activities/boundary.ts).

/** Each code and what it must name. */
export interface Faults {
	// Key Vault
	"vault-unreachable": { vault: string };
	"vault-throttled": { vault: string };
	/** `secret` is `*` for what needs the whole vault. */
	"vault-forbidden": { vault: string; secret: string; right: string };
	"vault-blocked": { vault: string };
	"vault-foreign": { vault: string };
	"vault-unauthorized": { vault: string };
	"vault-rejected": { vault: string; secret: string; detail: string };
	"vault-busy": { vault: string; secret: string };
	"secret-missing": { vault: string; secret: string };
	"secret-disabled": { vault: string; secret: string };
	"secret-empty": { vault: string; secret: string };
	"secret-deleted": { vault: string; secret: string };
	"live-changed": { vault: string; secret: string };
	"live-overwritten": { vault: string; secret: string };
	"pending-lost": { vault: string; secret: string };
	// PostgreSQL
	"server-unreachable": { server: string };
	"server-starting": { server: string };
	"server-full": { server: string };
	"server-read-only": { server: string };
	"server-misconfigured": { server: string; detail: string };
	"tls-untrusted": { server: string };
	"tls-wrong-name": { server: string };
	"tls-missing": { server: string };
	"tls-failed": { server: string; detail: string };
	"password-rejected": { server: string; role: string };
	"role-missing": { server: string; role: string };
	"role-cannot-login": { server: string; role: string };
	"role-not-permitted": { server: string; role: string; needs: string };
	"role-busy": { server: string; role: string };
	"database-missing": { server: string; database: string };
	"database-unknown": { server: string; sqlState: string };
	"new-password-rejected": { server: string; role: string };
	"password-not-ascii": { secret: string };
	// Kubernetes
	"cluster-unreachable": { cluster: string };
	"cluster-untrusted": { cluster: string };
	"cluster-unauthorized": { cluster: string };
	"cluster-forbidden": { cluster: string; right: string };
	"cluster-conflict": { cluster: string; object: string };
	"cluster-rejected": { cluster: string; object: string; detail: string };
	"workload-missing": { workload: string };
	"workload-paused": { workload: string };
	"workload-empty": { workload: string };
	"workload-ambiguous": { workload: string; detail: string };
	"provider-class-missing": { providerClass: string };
	"provider-class-foreign": { providerClass: string; detail: string };
	"object-pinned": { providerClass: string; object: string };
	"object-missing": { providerClass: string; object: string };
	"volume-missing": { workload: string; providerClass: string };
	"copy-immutable": { copy: string };
	"copy-timeout": { workload: string; waitedSeconds: number };
	"copy-unsettled": { workload: string };
	"rollout-failed": { workload: string; detail: string };
	"rollout-timeout": { workload: string; waitedSeconds: number };
	"pod-stale": { workload: string; pod: string };
	// Audit, identity, storage
	"audit-unavailable": { log: string };
	"audit-broken": { log: string; detail: string };
	"audit-forbidden": { log: string; right: string };
	"records-unavailable": { store: string };
	"token-unavailable": { resource: string };
	// Configuration and requests
	"configuration-invalid": { file: string; problems: string };
	"setting-invalid": { setting: string; detail: string };
	"secret-not-configured": { secret: string };
	"durable-unavailable": { secret: string };
	"token-missing": { header: string };
	"token-rejected": { reason: string };
	"token-unverifiable": { issuer: string };
	"app-role-missing": { role: string; operator: string };
	"name-not-valid": { parameter: string; allowed: string };
	"body-too-large": { bytes: number };
	"body-type-unknown": { allowed: string };
	"body-not-json": { detail: string };
	"body-not-valid": { path: string; detail: string };
	"rotation-unknown": { rotationId: string };
	"report-missing": { report: string };
	// Ours
	"internal-error": { step: string; kind: string };
}

export type FaultCode = keyof Faults;

interface Kind<Names> {
	/** True: the same call may work later, so it is thrown and retried. */
	readonly transient: boolean;
	/** One sentence that names the thing at fault. */
	readonly says: (names: Names) => string;
	/** What the reader does next. */
	readonly next: string;
}

const kinds: { readonly [C in FaultCode]: Kind<Faults[C]> } = {
	"vault-unreachable": {
		transient: true,
		says: ({ vault }) => `Vault ${vault} cannot be reached or failed to answer.`,
		next: "Check the vault's network rules and private endpoint, and that its name resolves from the app.",
	},
	"vault-throttled": {
		transient: true,
		says: ({ vault }) => `Vault ${vault} is throttling requests.`,
		next: "It is tried again by itself; if it stays, look for another client that floods the vault.",
	},
	"vault-forbidden": {
		transient: false,
		says: ({ vault, secret, right }) =>
			`The app may not ${right} ${secret === "*" ? "secrets" : `secret ${secret}`} in vault ${vault}.`,
		next: "Grant the app's identity that data action on that secret (docs/security.md lists the rights).",
	},
	"vault-blocked": {
		transient: false,
		says: ({ vault }) => `The firewall of vault ${vault}, or a proxy before it, turns the app away.`,
		next: "Allow the app's subnet in the vault's network rules, or give the vault a private endpoint in its network.",
	},
	"vault-foreign": {
		transient: false,
		says: ({ vault }) => `What answers at the address of vault ${vault} is no Key Vault, so it gets no token.`,
		next: "Give https://<name>.vault.azure.net as vaults.<name>.url.",
	},
	"vault-unauthorized": {
		transient: false,
		says: ({ vault }) => `Vault ${vault} does not accept the app's token.`,
		next: "Check that the vault belongs to the tenant of the app's identity.",
	},
	"vault-rejected": {
		transient: false,
		says: ({ vault, secret, detail }) => `Vault ${vault} rejects the request for secret ${secret}: ${detail}.`,
		next: "Compare the secret's tags, content type, expiry and value size with Key Vault's limits.",
	},
	"vault-busy": {
		transient: true,
		says: ({ vault, secret }) => `Vault ${vault} is still deleting or recovering secret ${secret}.`,
		next: "It is tried again by itself.",
	},
	"secret-missing": {
		transient: false,
		says: ({ vault, secret }) => `Vault ${vault} has no secret ${secret}.`,
		next: "Store the current credential there first, or correct the name in the configuration.",
	},
	"secret-disabled": {
		transient: false,
		says: ({ vault, secret }) => `The newest version of secret ${secret} in vault ${vault} is disabled.`,
		next: "Enable it, or store a new enabled version; consumers cannot read it either.",
	},
	"secret-empty": {
		transient: false,
		says: ({ vault, secret }) => `Secret ${secret} in vault ${vault} has no value.`,
		next: "Store the current credential as a new version.",
	},
	"secret-deleted": {
		transient: false,
		says: ({ vault, secret }) => `Secret ${secret} in vault ${vault} is deleted but recoverable.`,
		next: "Recover it (az keyvault secret recover); do not purge it.",
	},
	"live-changed": {
		transient: false,
		says: ({ vault, secret }) => `Somebody else published a version of ${secret} in vault ${vault} meanwhile.`,
		next: "Find out who writes this secret; the database still has the password of the live version.",
	},
	"live-overwritten": {
		transient: true,
		says: ({ vault, secret }) => `Somebody overwrote ${secret} in vault ${vault} at the moment it was published.`,
		next: "It is published again by itself; find out who else writes this secret.",
	},
	"pending-lost": {
		transient: false,
		says: ({ vault, secret }) => `The pending secret ${secret} in vault ${vault} is not the one this rotation stored.`,
		next: "Start the rotation again; nothing was changed by this one.",
	},
	"server-unreachable": {
		transient: true,
		says: ({ server }) => `PostgreSQL server ${server} cannot be reached.`,
		next: "Check the server's state, firewall and private endpoint, and host and port in the configuration.",
	},
	"server-starting": {
		transient: true,
		says: ({ server }) => `PostgreSQL server ${server} is starting up or shutting down.`,
		next: "It is tried again by itself.",
	},
	"server-full": {
		transient: true,
		says: ({ server }) => `PostgreSQL server ${server} has no connection slot left.`,
		next: "It is tried again by itself; look for a client that leaks connections.",
	},
	"server-read-only": {
		transient: true,
		says: ({ server }) => `PostgreSQL server ${server} is read-only: a replica, or a primary that is failing over.`,
		next: "If it stays, give the primary as servers.<name>.host.",
	},
	"server-misconfigured": {
		transient: false,
		says: ({ server, detail }) => `PostgreSQL server ${server} is not set up for the rotator: ${detail}.`,
		next: "Check pg_hba.conf, password_encryption and password rules on the server.",
	},
	"tls-untrusted": {
		transient: false,
		says: ({ server }) => `The certificate of PostgreSQL server ${server} is not trusted.`,
		next: "Give its CA in servers.<name>.tls.ca; there is no fallback to plaintext.",
	},
	"tls-wrong-name": {
		transient: false,
		says: ({ server }) => `The certificate of PostgreSQL server ${server} is for another name.`,
		next: "Use the name in the certificate as servers.<name>.host.",
	},
	"tls-missing": {
		transient: false,
		says: ({ server }) => `PostgreSQL server ${server} does not offer TLS.`,
		next: "Switch TLS on at the server; there is no fallback to plaintext.",
	},
	"tls-failed": {
		transient: false,
		says: ({ server, detail }) => `The TLS handshake with PostgreSQL server ${server} failed: ${detail}.`,
		next: "Check that the server speaks TLS 1.2 or later (ssl_min_protocol_version, ssl_ciphers).",
	},
	"password-rejected": {
		transient: false,
		says: ({ server, role }) => `PostgreSQL server ${server} rejects the password of role ${role}.`,
		next: "The vault and the database disagree: see drift in docs/runbook.md.",
	},
	"role-missing": {
		transient: false,
		says: ({ server, role }) => `PostgreSQL server ${server} has no role ${role}.`,
		next: "Create the role, or correct its name in the configuration.",
	},
	"role-cannot-login": {
		transient: false,
		says: ({ server, role }) => `Role ${role} on PostgreSQL server ${server} may not log in.`,
		next: "ALTER ROLE ... LOGIN, or correct the role's name in the configuration.",
	},
	"role-not-permitted": {
		transient: false,
		says: ({ server, role, needs }) => `Role ${role} on PostgreSQL server ${server} needs ${needs}.`,
		next: "Grant it as docs/security.md says, and no more.",
	},
	"role-busy": {
		transient: true,
		says: ({ server, role }) =>
			`Another session holds the rotation lock of role ${role} on PostgreSQL server ${server}.`,
		next: "It is tried again by itself; if it stays, look for a second rotator in pg_locks.",
	},
	"database-missing": {
		transient: false,
		says: ({ server, database }) => `PostgreSQL server ${server} has no database ${database}.`,
		next: "Correct servers.<name>.database in the configuration.",
	},
	"database-unknown": {
		transient: true,
		says: ({ server, sqlState }) => `PostgreSQL server ${server} answered with SQLSTATE ${sqlState}.`,
		next: "Look SQLSTATE up in PostgreSQL's appendix A, and read the server's log.",
	},
	"new-password-rejected": {
		transient: false,
		says: ({ server, role }) =>
			`PostgreSQL server ${server} rejects the new password of role ${role}; the old one was set again.`,
		next: "Check whether the server or a pooler authenticates elsewhere than in pg_authid (LDAP, auth_query).",
	},
	"password-not-ascii": {
		transient: false,
		says: ({ secret }) => `The value of ${secret} has characters outside printable ASCII.`,
		next: "Use an ASCII password: SASLprep would change others.",
	},
	"cluster-unreachable": {
		transient: true,
		says: ({ cluster }) => `Kubernetes cluster ${cluster} cannot be reached or failed to answer.`,
		next: "Check the API server's address, its authorised networks and the app's VNet integration.",
	},
	"cluster-untrusted": {
		transient: false,
		says: ({ cluster }) => `The certificate of Kubernetes cluster ${cluster} is not trusted, or is for another name.`,
		next: "Give its CA in clusters.<name>.ca; there is no way to go on without it.",
	},
	"cluster-unauthorized": {
		transient: false,
		says: ({ cluster }) => `Kubernetes cluster ${cluster} does not accept the app's token.`,
		next: "Check that the cluster uses Entra authentication of the same tenant.",
	},
	"cluster-forbidden": {
		transient: false,
		says: ({ cluster, right }) => `The app may not ${right} in cluster ${cluster}.`,
		next: "Apply the Role and RoleBinding of docs/security.md in that namespace.",
	},
	"cluster-conflict": {
		transient: true,
		says: ({ cluster, object }) => `${object} in cluster ${cluster} changed at the same moment.`,
		next: "It is tried again by itself.",
	},
	"cluster-rejected": {
		transient: false,
		says: ({ cluster, object, detail }) => `Cluster ${cluster} rejects the request for ${object}: ${detail}.`,
		next: "Read the API server's answer in its audit log; an admission webhook may be the reason.",
	},
	"workload-missing": {
		transient: false,
		says: ({ workload }) => `${workload} does not exist.`,
		next: "Correct the consumer in the configuration, or deploy the workload.",
	},
	"workload-paused": {
		transient: false,
		says: ({ workload }) => `${workload} is paused, so a restart would never roll.`,
		next: "kubectl rollout resume, then start the rotation or the delivery again.",
	},
	"workload-empty": {
		transient: false,
		says: ({ workload }) => `${workload} is scaled to zero, so no pod can prove anything.`,
		next: "Scale it up, or take the consumer out of the configuration.",
	},
	"workload-ambiguous": {
		transient: false,
		says: ({ workload, detail }) => `${workload} cannot be rolled safely: ${detail}.`,
		next: "Correct the workload or the consumer in the configuration.",
	},
	"provider-class-missing": {
		transient: false,
		says: ({ providerClass }) => `SecretProviderClass ${providerClass} does not exist.`,
		next: "Correct the consumer in the configuration, or deploy the SecretProviderClass.",
	},
	"provider-class-foreign": {
		transient: false,
		says: ({ providerClass, detail }) => `SecretProviderClass ${providerClass} does not fit: ${detail}.`,
		next: "Compare provider, keyvaultName and objects with the configuration.",
	},
	"object-pinned": {
		transient: false,
		says: ({ providerClass, object }) =>
			`SecretProviderClass ${providerClass} pins the version of ${object}, so it never changes.`,
		next: "Remove objectVersion from that object.",
	},
	"object-missing": {
		transient: false,
		says: ({ providerClass, object }) => `SecretProviderClass ${providerClass} does not mount ${object}.`,
		next: "Add the object, or take the consumer out of the configuration.",
	},
	"volume-missing": {
		transient: false,
		says: ({ workload, providerClass }) => `${workload} mounts no CSI volume of SecretProviderClass ${providerClass}.`,
		next: "Mount it in a container: kubelet ignores a volume that no container mounts, and so the driver never fetches it.",
	},
	"copy-immutable": {
		transient: false,
		says: ({ copy }) => `${copy} is immutable, so it can never hold the new value.`,
		next: "Replace it by a mutable one.",
	},
	"copy-timeout": {
		transient: false,
		says: ({ workload, waitedSeconds }) =>
			`The copy of the secret for ${workload} was still old after ${waitedSeconds} s.`,
		next: "Check the driver's rotation (enableSecretRotation, poll interval) and its logs, then deliver again.",
	},
	"copy-unsettled": {
		transient: false,
		says: ({ workload }) => `The copy of the secret for ${workload} keeps changing back to an old value.`,
		next: "Look for a second writer of the copy, or a CSI driver whose rotation is off, then deliver again.",
	},
	"rollout-failed": {
		transient: false,
		says: ({ workload, detail }) => `The rollout of ${workload} failed: ${detail}.`,
		next: "Look at the new pods (kubectl describe), mend, then deliver again; the old password is not valid any more.",
	},
	"rollout-timeout": {
		transient: false,
		says: ({ workload, waitedSeconds }) => `The rollout of ${workload} was not over after ${waitedSeconds} s.`,
		next: "Look at the new pods (kubectl describe), then deliver again.",
	},
	"pod-stale": {
		transient: false,
		says: ({ workload, pod }) => `Pod ${pod} of ${workload} does not prove the new version.`,
		next: "Deliver again; if it stays, read the CSI driver's logs on that pod's node.",
	},
	"audit-unavailable": {
		transient: true,
		says: ({ log }) => `The audit log ${log} cannot be written or read.`,
		next: "Nothing is changed without it: check the storage account's network rules and state.",
	},
	"audit-broken": {
		transient: false,
		says: ({ log, detail }) => `The audit log ${log} is broken: ${detail}.`,
		next: "Run npm run audit:verify and keep the blob as it is.",
	},
	"audit-forbidden": {
		transient: false,
		says: ({ log, right }) => `The app may not ${right} the audit log ${log}.`,
		next: "Grant the app's identity Storage Blob Data Contributor on it; its WORM policy must allow protected append writes.",
	},
	"records-unavailable": {
		transient: true,
		says: ({ store }) => `The rotation records in ${store} cannot be written or read.`,
		next: "Check the storage account's network rules and the app's role on the container.",
	},
	"token-unavailable": {
		transient: true,
		says: ({ resource }) => `The app's identity gets no token for ${resource}.`,
		next: "Check that the managed identity is assigned to the app and AZURE_CLIENT_ID names it.",
	},
	"configuration-invalid": {
		transient: false,
		says: ({ file, problems }) => `The configuration ${file} is not valid: ${problems}`,
		next: "Run npm run config:check -- FILE; no secret is rotated until it is valid.",
	},
	"setting-invalid": {
		transient: false,
		says: ({ setting, detail }) => `App setting ${setting} ${detail}.`,
		next: "Correct the app setting (docs/configuration.md).",
	},
	"secret-not-configured": {
		transient: false,
		says: ({ secret }) => `No managed secret is called ${secret}.`,
		next: "GET /api/secrets lists those that are; add it to the configuration.",
	},
	"durable-unavailable": {
		transient: true,
		says: ({ secret }) => `Durable Functions cannot be asked about, or told to start, a rotation of ${secret}.`,
		next: "Ask GET /api/secrets whether one runs, then try again; if it stays, check the durable storage.",
	},
	"token-missing": {
		transient: false,
		says: ({ header }) => `The request has no bearer token in its ${header} header.`,
		next: "Get a token for this API (az account get-access-token --resource ...) and send it.",
	},
	"token-rejected": {
		transient: false,
		says: ({ reason }) => `The bearer token ${reason}.`,
		next: "Get a new access token of the right tenant for this API's app registration.",
	},
	"token-unverifiable": {
		transient: true,
		says: ({ issuer }) => `The signing keys of ${issuer} cannot be fetched, so no token can be checked.`,
		next: "Try again; if it stays, check OPERATORS_JWKS_URL and the app's way out to it.",
	},
	"app-role-missing": {
		transient: false,
		says: ({ role, operator }) => `Operator ${operator} has not the app role ${role}.`,
		next: "Assign the app role to the operator in the enterprise application (docs/security.md).",
	},
	"name-not-valid": {
		transient: false,
		says: ({ parameter, allowed }) => `The ${parameter} in the path is not ${allowed}.`,
		next: "GET /api/secrets lists the names.",
	},
	"body-too-large": {
		transient: false,
		says: ({ bytes }) => `The body is larger than ${bytes} bytes.`,
		next: "A rotation takes reason, dryRun and force; a delivery takes reason.",
	},
	"body-type-unknown": {
		transient: false,
		says: ({ allowed }) => `The body's content type is not ${allowed}.`,
		next: "Send a JSON object with content type application/json, or no body.",
	},
	"body-not-json": {
		transient: false,
		says: ({ detail }) => `The body ${detail}.`,
		next: "Send a JSON object with content type application/json, or no body.",
	},
	"body-not-valid": {
		transient: false,
		says: ({ path, detail }) => `${path} in the body ${detail}.`,
		next: "A rotation takes reason (text), dryRun and force (true or false); a delivery takes reason.",
	},
	"rotation-unknown": {
		transient: false,
		says: ({ rotationId }) => `There is no rotation ${rotationId}.`,
		next: "GET /api/secrets names the running and the last rotation of each secret.",
	},
	"report-missing": {
		transient: false,
		says: ({ report }) => `There is no ${report} yet.`,
		next: "Wait for the next sweep (SWEEP_SCHEDULE), or run the function sweep by the Functions admin API.",
	},
	"internal-error": {
		transient: true,
		says: ({ step, kind }) => `Step ${step} failed with an unexpected ${kind}.`,
		next: "This is a defect of the rotator: report it with the rotation's id.",
	},
};

/**
 * The one error of this project.
 * @param code from the closed list above
 * @param names what is at fault, in the shape that the code asks for; never a secret, verifier, token or connection string
 * @param foreign the error it was made of, for `foreign()` only
 */
export class Fault<C extends FaultCode = FaultCode> extends Error {
	override readonly name = "Fault";
	readonly code: C;
	readonly names: Faults[C];
	readonly #foreign: unknown;
	constructor(code: C, names: Faults[C], foreign?: unknown) {
		super(`[${code}] ${kinds[code].says(names)}`);
		this.code = code;
		this.names = names;
		this.#foreign = foreign;
	}
	/** The SDK's or driver's error, for a debugger. It may hold secrets: never print, store or throw it. */
	foreign(): unknown {
		return this.#foreign;
	}
	get transient(): boolean {
		return kinds[this.code].transient;
	}
	/** The sentence, without the code. */
	get sentence(): string {
		return kinds[this.code].says(this.names);
	}
	get next(): string {
		return kinds[this.code].next;
	}
}

/** What is left of a fault in durable history, records, audit and answers: texts of ours only. */
export interface Problem {
	readonly code: FaultCode;
	readonly message: string;
	readonly next: string;
}

export const problemOf = (fault: Fault): Problem => ({ code: fault.code, message: fault.sentence, next: fault.next });

/** Every code, for the documents and the tests that hold them together. */
export const faultCodes = Object.keys(kinds) as FaultCode[];

/** A code as the documents explain it; `<name>` stands for what a fault names. */
export function explained(code: FaultCode): { says: string; next: string; transient: boolean } {
	const { says, next, transient } = kinds[code];
	const names = new Proxy({}, { get: (_, name) => `<${String(name)}>` });
	return { says: (says as (names: unknown) => string)(names), next, transient };
}

export const nextStepOf = (code: FaultCode): string => kinds[code].next;

/**
 * The code of a fault that crossed the durable boundary as text (`Activity function 'x' failed: [code] ...`).
 * @returns `undefined` when the text carries none of our codes
 */
export function codeInText(text: string): FaultCode | undefined {
	const found = /\[([a-z-]+)\]/.exec(text)?.[1];
	return found !== undefined && Object.hasOwn(kinds, found) ? (found as FaultCode) : undefined;
}
