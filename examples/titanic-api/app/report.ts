// The sample's report: it logs in once, counts the passengers, and is over. It reads the password when it starts, so the run after
// a rotation has the new one.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "./database.ts";

const { DATABASE_URL: databaseUrl = "", CONTAINER_ROOT: root = "/" } = process.env;
// The local stack runs containers as plain processes: their root is a folder.
const file = join(root, "mnt", "secrets", "db-password");

try {
	const password = (await readFile(file, "utf8")).trimEnd();
	const database = openDatabase({
		...{ databaseUrl, login: { password }, sessionKeys: "" },
		freshLogin: async () => ({ password: (await readFile(file, "utf8")).trimEnd() }),
	});
	const sql =
		"SELECT class, count(*) FILTER (WHERE survived) AS survived, count(*) AS all FROM passengers GROUP BY class";
	const rows = await database.query(sql, []);
	await database.end();
	console.log(JSON.stringify({ report: rows }));
} catch (error) {
	// No text of the server's or of the file's: PostgreSQL's code alone.
	console.error(`titanic-report: failed: ${(error as { code?: string }).code ?? "no code"}`);
	process.exitCode = 1;
}
