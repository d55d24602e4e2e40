// A reporter of jest that ends the run at the first test which fails: what the others say of a mutant changes nothing.
// What came of it is written to the file that RESULT_FILE names.

import { writeFileSync } from "node:fs";

/** How one run of jest ended. */
export type Ended = { readonly passed: number } | { readonly failed: string };

interface TestCase {
	readonly fullName: string;
	readonly status: string;
}

export default class FirstFailure {
	onTestCaseResult(_test: unknown, { fullName, status }: TestCase): void {
		if (status === "failed") end({ failed: fullName });
	}

	/** A file that could not be loaded has no test that failed. */
	onTestFileResult(test: { path: string }, { failureMessage }: { failureMessage?: string | null }): void {
		if (failureMessage) end({ failed: `${test.path} as a whole: ${failureMessage}` });
	}

	onRunComplete(_contexts: unknown, { numPassedTests }: { numPassedTests: number }): void {
		end({ passed: numPassedTests });
	}
}

function end(ended: Ended): never {
	writeFileSync(process.env.RESULT_FILE ?? "", JSON.stringify(ended));
	process.exit("failed" in ended ? 1 : 0);
}
