/** @type {import("jest").Config} */
export default {
	testMatch: ["<rootDir>/test/**/*.test.ts"],
	// The matrix is `npm run test:recovery`; what it counts is checked here, in test/recovery/effects.test.ts.
	testPathIgnorePatterns: ["/node_modules/", "/test/recovery/(self|admin-secret)\\.test\\.ts$"],
	extensionsToTreatAsEsm: [".ts"],
	transform: {
		"\\.ts$": [
			"@swc/jest",
			{
				jsc: {
					target: "es2024",
					parser: { syntax: "typescript" },
					// `with { type: "json" }` stays in.
					experimental: { keepImportAttributes: true },
				},
				module: { type: "es6" },
			},
		],
	},
	transformIgnorePatterns: ["/node_modules/"],
	testEnvironment: "node",
	modulePathIgnorePatterns: ["<rootDir>/dist/"],
	testTimeout: 60_000,
	maxWorkers: 2,
	collectCoverageFrom: ["src/**/*.ts"],
	coverageReporters: ["text-summary", "lcovonly"],
};
