// Who on the server's side turned a request, or a pod, away: the API server names them in its message alone.
// AD1. A message is never repeated: it is compared with the fixed forms in which the API server begins one, and of it only the
//      name of a webhook, policy, quota or level is taken, where it is a name. Otherwise: a webhook's own words, which may hold
//      what was in the object, get into a fault. Kept by: faults.test.ts, admission.test.ts.
// @see https://github.com/kubernetes/apiserver, pkg/admission

/** A DNS name, as Kubernetes demands it of webhooks, policies, quotas and admission plugins. */
const name = "([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)";
/** What stands before an admission plugin's own words: `deployments.apps "titanic-api" is forbidden: `. */
const forbidden = /^[a-z0-9.]{1,253} "[^"]{0,253}" is forbidden: /;

const forms: readonly (readonly [RegExp, (name: string) => string])[] = [
	[new RegExp(`^admission webhook "${name}" denied the request`), (of) => `admission webhook ${of}`],
	[
		new RegExp(`^ValidatingAdmissionPolicy '${name}' with binding '[^']{0,253}' denied request`),
		(of) => `ValidatingAdmissionPolicy ${of}`,
	],
	[new RegExp(`^exceeded quota: ${name}(?:,|$)`), (of) => `ResourceQuota ${of}, which is exceeded`],
	[new RegExp(`^failed quota: ${name}: must specify`), (of) => `ResourceQuota ${of}, which demands requests or limits`],
	[
		/^violates PodSecurity "(privileged|baseline|restricted):[a-z0-9.]{1,20}"/,
		(level) => `Pod Security, level ${level}`,
	],
	[
		/^(?:maximum|minimum) (cpu|memory|storage|ephemeral-storage) usage per (?:Container|Pod|PersistentVolumeClaim) is/,
		(of) => `a LimitRange for ${of}`,
	],
	[/^(unable to create new content) in namespace/, () => "the namespace, which is being deleted"],
	[
		new RegExp(`^error looking up service account [a-z0-9-]{1,63}/${name}: serviceaccount "`),
		(of) => `the lack of ServiceAccount ${of}`,
	],
];

/**
 * Who denied it, as a sentence names them after "by": `admission webhook policy.titanic.example`.
 * @returns `undefined` where the message is of none of the forms
 */
export function denierIn(message: string): string | undefined {
	// A LimitRange and Pod Security may list several faults, in brackets.
	const words = said(message).replace(/^\[/, "");
	for (const [form, called] of forms) {
		const found = form.exec(words)?.[1];
		if (found !== undefined) return called(found);
	}
	return undefined;
}

/** Some admission plugin of the API server says no: its words have a head, and are not those of the authorizer. */
export const isDenied = (message: string): boolean => forbidden.test(message) && !lacksRight(message);

/** The authorizer's words, RBAC's and Azure's: the caller lacks a right. */
export const lacksRight = (message: string): boolean => /^User "[^"]{1,500}" cannot [a-z]{1,20} /.test(said(message));

/** The webhook that was to be asked and did not answer, or answered nonsense: `admission webhook x`, `the conversion webhook of y`. */
export function silentIn(message: string): string | undefined {
	const words = said(message).replace(/^Internal error occurred: /, "");
	const admission = new RegExp(`^failed calling webhook "${name}":`).exec(words)?.[1];
	if (admission !== undefined) return `admission webhook ${admission}`;
	const converted = /^conversion webhook for [A-Za-z0-9./-]{1,100}, Kind=([A-Za-z]{1,63}) failed:/.exec(words)?.[1];
	return converted === undefined ? undefined : `the conversion webhook of ${converted}`;
}

const said = (message: string): string => message.replace(forbidden, "");
