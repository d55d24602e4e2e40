// The app's version, as package.json has it. Kept by: docs.test.ts.

export const version = "0.1.0";
