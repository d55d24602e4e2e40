// Install scripts run for packages that package.json allows, and for no other.
// The npm that is here decides: it is asked to install a package with a script, by the settings of this repository.

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, jest, test } from "@jest/globals";

jest.setTimeout(120_000);

const root = join(import.meta.dirname, "..", "..");
const json = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
const { allowScripts } = json("package.json") as { allowScripts: Record<string, boolean> };
const { packages } = json("package-lock.json") as { packages: Record<string, { hasInstallScript?: boolean }> };

test("each package that has an install script is allowed to run it or denied it, by name, and no other is named", () => {
	const scripted = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
		hasInstallScript ? [path.split("node_modules/").at(-1)!] : [],
	);
	expect(Object.keys(allowScripts).toSorted()).toEqual([...new Set(scripted)].toSorted());
});

const npm = process.platform === "win32" ? "npm.cmd" : "npm";
const folder = mkdtempSync(join(tmpdir(), "rotator-scripts-"));
afterAll(() => rmSync(folder, { recursive: true }));
const ask = (where: string, ...args: string[]) =>
	spawnSync(npm, [...args, "--cache", join(folder, "cache")], { cwd: where, encoding: "utf8" });

// An npm that does not know the setting says `undefined`.
const old = ask(folder, "config", "get", "strict-allow-scripts").stdout.trim() !== "false";
if (old)
	console.warn(
		"Not tried: this npm knows no strict-allow-scripts. It would run every install script; use --ignore-scripts.",
	);

(old ? describe.skip : describe)("a package whose install script nobody allowed", () => {
	/** A project with the settings of this repository, and one package in it that notes when its script runs. */
	function project() {
		const made = mkdtempSync(join(folder, "project-"));
		const ran = join(made, "ran");
		mkdirSync(join(made, "stowaway"));
		const script = `node -e "require('fs').writeFileSync(process.env.RAN, '')"`;
		const stowaway = { name: "stowaway", version: "1.0.0", scripts: { postinstall: script } };
		writeFileSync(join(made, "stowaway", "package.json"), JSON.stringify(stowaway));
		const dependencies = { stowaway: "file:stowaway-1.0.0.tgz" };
		writeFileSync(join(made, "package.json"), JSON.stringify({ private: true, dependencies, allowScripts }));
		copyFileSync(join(root, ".npmrc"), join(made, ".npmrc"));
		expect(ask(join(made, "stowaway"), "pack", "--pack-destination", made).status).toBe(0);
		const install = (...args: string[]) => {
			const { status, stderr } = spawnSync(
				npm,
				[...args, "--offline", "--no-audit", "--cache", join(folder, "cache")],
				{
					cwd: made,
					encoding: "utf8",
					env: { ...process.env, RAN: ran },
				},
			);
			return { failed: status !== 0, stderr, ran: existsSync(ran) };
		};
		return { install };
	}

	test("makes the installation fail, by npm install and by npm ci, and its script does not run", () => {
		const { install } = project();
		expect(install("install")).toMatchObject({
			failed: true,
			ran: false,
			stderr: expect.stringContaining("stowaway@1.0.0"),
		});
		expect(install("install", "--package-lock-only", "--ignore-scripts")).toMatchObject({ failed: false });
		expect(install("ci")).toMatchObject({
			failed: true,
			ran: false,
			stderr: expect.stringContaining("stowaway@1.0.0"),
		});
	});

	test("is installed without it where no script may run", () => {
		expect(project().install("install", "--ignore-scripts")).toMatchObject({ failed: false, ran: false });
	});
});
