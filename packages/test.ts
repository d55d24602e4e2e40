// Runs the packages' own tests: all, with --changed those of packages that changed lately; what else is given goes to jest.
// PT1. A package that another one is built on counts as changed for all. Otherwise: what broke its users is found weeks later.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const lately = 3 * 24 * 60 * 60;

/** @returns when what lies there was last committed, in seconds; 0 where there is no history */
function committed(...paths: string[]): number {
	const { stdout } = spawnSync("git", ["log", "-1", "--format=%ct", "HEAD", "--", ...paths], {
		cwd: root,
		encoding: "utf8",
	});
	return Number(stdout);
}

const given = process.argv.slice(2);
const args = given.filter((arg) => arg !== "--changed");
if (args.length < given.length) {
	const now = committed(".");
	const packages = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
	const changed = packages
		.map(({ name }) => name)
		.filter((name) => now - committed(`packages/${name}`, "packages/loopback") <= lately);
	console.error(`Packages that changed within three days of the last commit: ${changed.join(", ") || "none"}`);
	if (changed.length === 0) process.exit();
	args.push(`packages/(${changed.join("|")})/`);
}
const node = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
const jest = [join(root, "node_modules", "jest", "bin", "jest.js"), "--config", join(root, "jest.packages.config.mjs")];
process.exitCode =
	spawnSync(process.execPath, [...node, ...jest, ...args], { cwd: root, stdio: "inherit" }).status ?? 1;
