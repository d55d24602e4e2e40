import { join } from "node:path";

// Of the processes that tests start (Azurite, hosts, pods, commands) each would compile the same megabytes again.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules", ".cache", "node-compile");

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
	testTimeout: 240_000,
	testSequencer: "<rootDir>/test/longest-first.mjs",
	// More than cores: an end-to-end test waits more than it works, and others work meanwhile. Each takes about a gigabyte.
	maxWorkers: 6,
	collectCoverageFrom: ["src/**/*.ts"],
	coverageReporters: ["text-summary", "lcovonly"],
};
