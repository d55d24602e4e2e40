// The recovery matrix: some 4,600 rotations. It keeps two cores busy for an hour or more, so it is a run of its own.
import config from "./jest.config.mjs";

/** @type {import("jest").Config} */
export default {
	...config,
	testMatch: ["<rootDir>/test/recovery/*.test.ts"],
	testPathIgnorePatterns: ["/node_modules/"],
};
