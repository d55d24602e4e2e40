// Notices as Log Analytics has them: rows of AppTraces.
// LG1. The message is what the app writes (lineOf), not what a test writes. Otherwise: fields that no app has pass here.

import { lineOf, type Notice } from "../../src/lib/domain/notice.ts";
import type { Row } from "./kql/scalar.ts";

export interface Logged {
	readonly notice: Notice;
	readonly at: Date;
}

export function rowsOf(logged: readonly Logged[], app = "func-rotator"): Row[] {
	return logged.map(({ notice, at }) => rowOf(lineOf(notice), at, app));
}

export const rowOf = (Message: string, at: Date, app = "func-rotator"): Row => ({
	TimeGenerated: at,
	Message,
	AppRoleName: app,
	SeverityLevel: 1,
	Properties: {},
});

/** One after the other, from `start` on: lines of one process are never equally late. */
export const inTurn = (notices: readonly Notice[], start: Date): Logged[] =>
	notices.map((notice, index) => ({ notice, at: new Date(start.getTime() + index) }));
