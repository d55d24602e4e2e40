// The recovery matrix: some 800 rotations. It keeps two cores busy for minutes, so it is a run of its own.
import config from "./jest.config.mjs";

/** @type {import("jest").Config} */
export default {
	...config,
	testMatch: ["<rootDir>/test/recovery/*.test.ts"],
	testPathIgnorePatterns: ["/node_modules/"],
};
