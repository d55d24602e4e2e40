// Sessions of the sample, as signed cookies: anyone who has the key can sign one.
//
// SN1. What any of the keys signed is accepted, and the current one signs. Otherwise: pods that are replaced one after the other
//      end each other's sessions.
// SN2. A key is one text, or an object with the fallbacks. Otherwise: the day on which they are switched on ends every session.

import { createHmac, timingSafeEqual } from "node:crypto";

export interface Sessions {
	/** Of one that begins now. */
	begin(): string;
	/** Signed anew; `undefined` for what nobody with one of the keys signed. */
	goOn(cookie: string): string | undefined;
}

/** @param keys the value of the secret flask-secret-key */
export function sessionsSignedBy(keys: string): Sessions {
	const { current, fallbacks } = keysIn(keys);
	const mark = (text: string, key: string) => createHmac("sha256", key).update(text).digest("base64url");
	const signed = (text: string) => `${text}.${mark(text, current)}`;
	return {
		begin: () => signed(new Date().toISOString().replaceAll(".", "-")),
		goOn(cookie) {
			const [text = "", found = ""] = cookie.split(".");
			const isBy = (key: string) => {
				const [given, wanted] = [Buffer.from(found), Buffer.from(mark(text, key))];
				return given.length === wanted.length && timingSafeEqual(given, wanted);
			};
			return [current, ...fallbacks].some(isBy) ? signed(text) : undefined;
		},
	};
}

function keysIn(text: string): { current: string; fallbacks: readonly string[] } {
	return text.startsWith("{") ? JSON.parse(text) : { current: text, fallbacks: [] };
}
