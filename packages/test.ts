// Runs the packages' own tests: all, with --changed those of packages that changed lately; what else is given goes to jest.
// PT1. A package changes with those that it imports. Otherwise: what breaks its users is found weeks later.

import { spawnSync } from "node:child_process";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const lately = 3 * 24 * 60 * 60;

/** @returns when what lies there was last committed, in seconds; 0 where there is no history, and then all is new */
function committed(...paths: string[]): number {
	const args = ["log", "-1", "--format=%ct", "HEAD", "--", ...paths];
	return Number(spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout);
}

/** That package's folder, and those that it imports, by itself or in its tests. */
function foldersOf(name: string): string[] {
	const sources = globSync(`${name}/**/*.ts`, { cwd: import.meta.dirname });
	const text = sources.map((file) => readFileSync(join(import.meta.dirname, file), "utf8")).join("\n");
	const imported = [...text.matchAll(/"(?:\.\.\/)+([a-z-]+)\/index\.ts"/g)].map(([, found]) => found!);
	return [...new Set([name, ...imported])].map((found) => join("packages", found));
}

const given = process.argv.slice(2);
const args = given.filter((arg) => arg !== "--changed");
if (args.length < given.length) {
	const now = committed(".");
	const packages = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
	const changed = packages.map(({ name }) => name).filter((name) => now - committed(...foldersOf(name)) <= lately);
	console.error(`Packages that changed within three days of the last commit: ${changed.join(", ") || "none"}`);
	if (changed.length === 0) process.exit();
	args.push(`packages/(${changed.join("|")})/`);
}
const node = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
const jest = [join(root, "node_modules", "jest", "bin", "jest.js"), "--config", join(root, "jest.packages.config.mjs")];
process.exitCode =
	spawnSync(process.execPath, [...node, ...jest, ...args], { cwd: root, stdio: "inherit" }).status ?? 1;
