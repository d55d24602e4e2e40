// The recovery matrix: some 1,300 rotations. It takes both cores for longer than all other tests, so it is a run of its own.
import config from "./jest.config.mjs";

/** @type {import("jest").Config} */
export default {
	...config,
	testMatch: ["<rootDir>/test/recovery/*.test.ts"],
	testPathIgnorePatterns: ["/node_modules/"],
};
