/** @type {import("jest").Config} */
export default {
	testMatch: ["<rootDir>/test/**/*.test.ts"],
	extensionsToTreatAsEsm: [".ts"],
	transform: {
		"\\.ts$": ["@swc/jest", { jsc: { target: "es2024", parser: { syntax: "typescript" } }, module: { type: "es6" } }],
	},
	transformIgnorePatterns: ["/node_modules/"],
	testEnvironment: "node",
	modulePathIgnorePatterns: ["<rootDir>/dist/"],
	testTimeout: 60_000,
	maxWorkers: 2,
	collectCoverageFrom: ["src/**/*.ts"],
	coverageReporters: ["text-summary", "lcovonly"],
};
