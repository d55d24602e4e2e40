// Names and texts as SQL has them: whatever is in one, it ends where it should.

import pg from "pg";

export const identifier = (name: string): string => pg.escapeIdentifier(name);
export const literal = (text: string): string => pg.escapeLiteral(text);
