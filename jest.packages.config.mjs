// The tests of the stand-ins themselves, packages/*/test: run when a package changed, and in the full run (packages/test.ts).
import config from "./jest.config.mjs";

/** @type {import("jest").Config} */
export default {
	...config,
	testMatch: ["<rootDir>/packages/*/test/**/*.test.ts"],
	testPathIgnorePatterns: ["/node_modules/"],
};
