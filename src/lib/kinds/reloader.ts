// Would stakater's Reloader roll this workload as well? Two rollers of one template restart each other's pods.
// @see https://docs.stakater.com/reloader/latest/reference/annotations.html

const domain = "reloader.stakater.com";

type Annotations = Readonly<Record<string, string>>;

/**
 * @param annotations the workload's own, and its pod template's
 * @param sources what changes with the rotation: the synced Secrets and the SecretProviderClass
 * @returns the annotation that makes Reloader roll; `undefined` when none does
 */
export function reloaderOf(
	annotations: { readonly workload: Annotations; readonly template: Annotations },
	sources: { readonly secrets: readonly string[]; readonly providerClass: string },
): string | undefined {
	const found = { ...annotations.template, ...annotations.workload };
	const copied = sources.secrets.length > 0;
	const rules: [annotation: string, rolls: (value: string) => boolean][] = [
		[`${domain}/auto`, isTrue],
		[`secret.${domain}/auto`, (value) => copied && isTrue(value)],
		[`secretproviderclass.${domain}/auto`, isTrue],
		[`${domain}/search`, (value) => copied && isTrue(value)],
		[`secret.${domain}/reload`, (value) => sources.secrets.some((name) => matches(value, name))],
		[`secretproviderclass.${domain}/reload`, (value) => matches(value, sources.providerClass)],
	];
	return rules.find(([annotation, rolls]) => rolls(found[annotation] ?? ""))?.[0];
}

const isTrue = (value: string): boolean => value.trim().toLowerCase() === "true";

/**
 * Names, separated by commas. Reloader takes each for a regular expression; here one that is more than a name counts as
 * a match: running a pattern that a cluster's user wrote could hang the app.
 */
const matches = (list: string, name: string): boolean =>
	list
		.split(",")
		.map((entry) => entry.trim())
		.some((entry) => entry !== "" && (entry === name || !/^[a-z0-9.-]+$/.test(entry)));
