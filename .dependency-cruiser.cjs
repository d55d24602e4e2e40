// Dependencies point inwards, and none runs back: functions -> orchestrators, http (-> api) -> compliance -> triggers -> steps -> app -> config ->
// strategies, targets, paths -> kinds -> adapters -> ports -> domain.
const inside = "^src/lib/";

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
	forbidden: [
		{ name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
		{
			name: "domain-is-pure",
			comment:
				"The domain does no I/O: no SDK, no file system, no network; node:crypto, canonicalize and croner compute only.",
			severity: "error",
			from: { path: `${inside}domain/`, pathNot: `${inside}domain/fault\\.ts$` },
			to: { pathNot: [`${inside}domain/`, "^crypto$", "^node:crypto$", "canonicalize", "croner"] },
		},
		{
			name: "the-list-of-faults-is-put-together-from-the-folders",
			severity: "error",
			from: { path: `${inside}domain/fault\\.ts$` },
			to: { pathNot: [`${inside}domain/`, `${inside}(paths|targets)/[^/]+/faults\\.ts$`] },
		},
		{
			name: "a-folder's-faults-are-words-only",
			severity: "error",
			from: { path: `${inside}(paths|targets)/[^/]+/faults\\.ts$` },
			to: { pathNot: `${inside}domain/faults/kind\\.ts$` },
		},
		{
			name: "the-api's-description-knows-the-domain-only",
			comment: "The page and the command are made of it.",
			severity: "error",
			from: { path: "^src/api/" },
			to: { path: "^src/", pathNot: `^src/api/|${inside}domain/` },
		},
		{
			name: "the-page-knows-the-api-only",
			comment: "What it imports goes to the browser.",
			severity: "error",
			from: { path: "^src/page/" },
			to: {
				path: "^src/|^node_modules/",
				pathNot:
					"^src/(page/|api/(client|operations|routes)\\.ts$|lib/domain/(csv-cell|line)\\.ts$)|^node_modules/(preact|oauth4webapi)/",
			},
		},
		{
			name: "nothing-imports-the-page",
			severity: "error",
			from: { path: "^(src|local|packages)/", pathNot: "^src/page/" },
			to: { path: "^src/page/" },
		},
		{
			name: "below-http-nothing-knows-the-api",
			severity: "error",
			from: { path: inside, pathNot: `${inside}http/` },
			to: { path: "^src/api/" },
		},
		{
			name: "ports-know-domain-only",
			severity: "error",
			from: { path: `${inside}ports/` },
			to: { pathNot: `${inside}(ports|domain)/` },
		},
		{
			name: "configuration-knows-domain-and-what-can-be-configured",
			severity: "error",
			from: { path: `${inside}config/` },
			to: { path: `${inside}(?!config|domain|(paths|kinds|strategies|targets|notifications)/index\\.ts)` },
		},
		{
			name: "fields-are-below-what-is-made-of-them",
			severity: "error",
			from: { path: `${inside}config/fields\\.ts$` },
			to: { path: `${inside}(?!domain)` },
		},
		{
			name: "paths-know-kinds-and-kinds-the-cluster",
			severity: "error",
			from: { path: `${inside}paths/` },
			to: { path: `${inside}(?!paths|kinds|ports|domain|adapters/kubernetes|config/fields)` },
		},
		{
			name: "strategies-and-targets-know-what-is-configured-of-them",
			severity: "error",
			from: { path: `${inside}(strategies|targets)/` },
			to: { path: `${inside}(?!strategies|targets|ports|domain|config/(fields|spelling))` },
		},
		{
			name: "a-strategy-loads-no-target",
			severity: "error",
			from: { path: `${inside}strategies/` },
			to: { path: `${inside}targets/` },
		},
		{
			name: "channels-know-what-is-configured-of-them-and-the-way-out",
			severity: "error",
			from: { path: `${inside}notifications/` },
			to: { path: `${inside}(?!notifications|ports|domain|adapters/webhook|config/(fields|safe-url))` },
		},
		{
			name: "kinds-know-the-cluster-only",
			severity: "error",
			from: { path: `${inside}kinds/` },
			to: { path: `${inside}(?!kinds|ports|domain|adapters/kubernetes)` },
		},
		{
			name: "the-set-of-ports-is-below-the-steps",
			severity: "error",
			from: { path: `${inside}app.ts` },
			to: { pathNot: `${inside}(ports|config)/` },
		},
		{
			name: "orchestrators-are-deterministic",
			comment: "Only the types of steps, and pure domain: anything else could differ in a replay.",
			severity: "error",
			from: { path: `${inside}orchestrators/` },
			to: { pathNot: [`${inside}(orchestrators|domain)/`, `${inside}(steps|compliance)/`, `${inside}(ports|config)/`] },
		},
		{
			name: "steps-meet-the-world-through-ports",
			severity: "error",
			from: { path: `${inside}steps/` },
			to: { pathNot: `${inside}(steps|domain|ports|config|strategies)/|^src/lib/app.ts$` },
		},
		{
			name: "adapters-know-ports-only",
			severity: "error",
			from: { path: `${inside}adapters/` },
			to: {
				path: `${inside}(steps|orchestrators|http|triggers|compliance|paths|kinds|strategies|targets)/|^src/(functions|cli)/`,
			},
		},
		{
			name: "sdks-in-adapters-only",
			comment:
				"Kinds and paths take types of the Kubernetes API only; that they load none of it: test/unit/bundle.test.ts.",
			severity: "error",
			from: { path: "^src/", pathNot: [`${inside}(adapters|kinds|paths|targets)/`, `${inside}http/authentication`] },
			to: {
				path: "^node_modules/(@azure/(identity|keyvault-(secrets|keys)|monitor-ingestion|storage-blob)|pg|@kubernetes/client-node|jose)/",
			},
		},
		{
			name: "triggers-know-nothing-of-the-sweep",
			severity: "error",
			from: { path: `${inside}triggers/` },
			to: { path: `${inside}(compliance|http|orchestrators)/` },
		},
		{
			name: "the-sweep-is-below-http-and-orchestrators",
			severity: "error",
			from: { path: `${inside}compliance/` },
			to: { path: `${inside}(http|orchestrators|adapters)/|^src/(functions|cli)/` },
		},
		{
			name: "nothing-imports-functions",
			severity: "error",
			from: { pathNot: "^src/functions/" },
			to: { path: "^src/functions/" },
		},
		{
			name: "composition-is-for-the-edges",
			severity: "error",
			from: { pathNot: "^(src/functions|src/cli|test|bench)/" },
			to: { path: `${inside}composition` },
		},
		{
			name: "the-product-knows-no-local-stack",
			severity: "error",
			from: { path: "^src/" },
			to: { path: "^(local|packages|test|bench|simulate|examples)/" },
		},
		{
			name: "the-simulation-runs-nothing",
			comment: "It decides with the product and asks nobody: only its command touches a file, and host.json is read.",
			severity: "error",
			from: { path: "^simulate/" },
			to: { path: `^(local|packages|test|bench)/|${inside}(composition|steps|http)` },
		},
		{
			name: "the-local-stack-knows-no-product",
			comment: "The demo starts the built app from outside, as Azure does.",
			severity: "error",
			from: { path: "^local/" },
			to: { path: "^src/", pathNot: "^src/lib/domain/audit-chain" },
		},
		{
			name: "packages-stand-alone",
			comment: "A stand-in knows neither what it is tested with nor what is tested with it.",
			severity: "error",
			from: { path: "^packages/" },
			to: { path: "^(src|local|test|bench|simulate|examples|infra)/" },
		},
		{
			name: "packages-by-their-entry",
			severity: "error",
			from: { path: "^(local|test|bench|examples)/" },
			to: { path: "^packages/", pathNot: "^packages/[^/]+/index\\.ts$" },
		},
		{
			name: "packages-by-the-entry-of-another",
			severity: "error",
			from: { path: "^packages/([^/]+)/" },
			to: { path: "^packages/", pathNot: "^packages/($1/|[^/]+/index\\.ts$)" },
		},
	],
	options: {
		doNotFollow: { path: "node_modules" },
		enhancedResolveOptions: {
			extensions: [".ts", ".tsx", ".mjs", ".js", ".cjs"],
			exportsFields: ["exports"],
			conditionNames: ["import", "types", "default"],
		},
	},
};
