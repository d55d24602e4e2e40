// Would stakater's Reloader roll this workload as well? Two rollers of one template restart each other's pods.
// RR1. Asked as Reloader asks, in its order: what it ignores or excludes is no reason to refuse. Kept by: reloader.test.ts.
// @see https://github.com/stakater/Reloader, pkg/common/common.go, ShouldReload

type Annotations = Readonly<Record<string, string>>;

/** What changes with the rotation: a synced Secret or a SecretProviderClass, with its annotations. */
export interface Watched {
	readonly kind: "secret" | "secretproviderclass";
	readonly name: string;
	readonly annotations: Annotations;
}

const domain = "reloader.stakater.com";
const auto = `${domain}/auto`;
const search = `${domain}/search`;
const excluding = {
	secret: `secrets.exclude.${domain}/reload`,
	secretproviderclass: `secretproviderclasses.exclude.${domain}/reload`,
};

/**
 * @param annotations the workload's own, and its pod template's
 * @returns the annotation that makes Reloader roll; `undefined` when none does
 */
export function reloaderOf(
	annotations: { readonly workload: Annotations; readonly template: Annotations },
	watched: readonly Watched[],
): string | undefined {
	for (const one of watched) {
		const found = rolledBy(annotations, one);
		if (found !== undefined) return found;
	}
	return undefined;
}

function rolledBy(
	{ workload, template }: { readonly workload: Annotations; readonly template: Annotations },
	{ kind, name, annotations }: Watched,
): string | undefined {
	const named = `${kind}.${domain}/reload`;
	const typed = `${kind}.${domain}/auto`;
	if (annotations[`${domain}/ignore`] === "true") return undefined;
	const excluded = (workload[excluding[kind]] ?? "").split(",").map((entry) => entry.trim());
	if (excluded.includes(name)) return undefined;
	// Those of the template count only where the workload has none of these four.
	const found = [named, auto, typed, search].some((key) => workload[key] !== undefined) ? workload : template;
	if (matches(found[named] ?? "", name)) return named;
	if (found[search] === "true" && annotations[`${domain}/match`] === "true") return search;
	return [auto, typed].find((key) => isTrue(found[key] ?? ""));
}

/** As Go's ParseBool reads it. */
const isTrue = (value: string): boolean => /^(1|t|T|true|True|TRUE)$/.test(value);

/**
 * Names, separated by commas. Reloader takes each for a regular expression; here one that is more than a name counts as
 * a match: running a pattern that a cluster's user wrote could hang the app.
 */
const matches = (list: string, name: string): boolean =>
	list
		.split(",")
		.map((entry) => entry.trim())
		.some((entry) => entry !== "" && (entry === name || !/^[a-z0-9.-]+$/.test(entry)));
