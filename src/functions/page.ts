// The operators' page, at `/`. Of two functions whose routes match, the one whose name sorts first answers: this one takes every
// address, so its name is the last.

import { join } from "node:path";
import { app } from "@azure/functions";
import { settingsFrom } from "../lib/config/settings.ts";
import { oneLine } from "../lib/domain/line.ts";
import { answering } from "../lib/http/answer.ts";
import { answerPage, type PageFiles, readPage, signInOf } from "../lib/http/page.ts";

/** Read at the first call, and kept. Beside main.mjs, which this file is a part of. */
let files: Promise<PageFiles> | undefined;

app.http("zz-page", {
	route: "{*file}",
	methods: ["GET"],
	authLevel: "anonymous",
	handler: (request, context) =>
		answering({ log: (line) => context.log(oneLine(line)), attempt: context.invocationId }, async () => {
			files ??= readPage(join(import.meta.dirname, "page"));
			return answerPage(request, await files, signInOf(settingsFrom(process.env)));
		}),
});
