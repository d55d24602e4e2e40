/** @type {import("jest").Config} */
export default {
	testMatch: ["<rootDir>/test/**/*.test.ts"],
	// `npm run test:recovery`: the matrix, and whether it is whole.
	testPathIgnorePatterns: ["/node_modules/", "/test/recovery/"],
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
