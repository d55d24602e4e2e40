// What people are shown of another session.

/** Anyone who has the session has chosen its application's name. */
export const told = (text: string | null): string =>
	text === null ? "unknown" : `"${text.replace(/[^\p{L}\p{N} ._@-]/gu, "?").slice(0, 63)}"`;

/** @param seconds since 1970 */
export const toldTime = (seconds: string | null): string =>
	seconds === null ? "unknown" : new Date(Number(seconds) * 1_000).toISOString();
