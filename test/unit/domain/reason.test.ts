import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { oneLine } from "../../../src/lib/domain/line.ts";
import { wrongWithReason } from "../../../src/lib/domain/reason.ts";

test.each([
	"https://tickets.example/browse?id=OPS-1&x=y#c",
	"OPS-1: leaked (see https://chat.example/archives/C1?thread_ts=1.2&cid=C1)",
	'it\'s "quoted"; Größe 日本 👨‍👩‍👧 %s $1 {} \\n -> a > b',
	"p = 0.05",
	"x",
	"ü".repeat(200),
	"😀".repeat(200),
])("%s is a reason", (reason) => {
	expect(wrongWithReason(reason)).toBeUndefined();
});

const refused: Record<string, [reason: string, says: string | RegExp]> = {
	"a zero-width space": ["a\u200bb", "has U+200B (an invisible character); give visible characters and blanks only"],
	"a byte order mark": ["\ufeffa", /^has U\+FEFF \(an invisible/],
	"a soft hyphen": ["a\u00adb", /^has U\+00AD \(an invisible/],
	"a joiner outside an emoji": ["a\u200db", /^has U\+200D \(an invisible/],
	"a filler": ["a\u3164b", /^has U\+3164 \(an invisible/],
	"a blank that counts as a symbol": ["a\u2800b", /^has U\+2800 \(an invisible/],
	"a tag": ["a\u{e0041}b", /^has U\+E0041 \(a tag/],
	"a change of direction": ["a\u202eb", /^has U\+202E \(which turns the reading direction\)/],
	"an Arabic letter mark": ["a\u061cb", /^has U\+061C \(which turns/],
	"private use": ["a\ue000b", /^has U\+E000 \(a private-use/],
	"private use beyond 16 bits": ["a\u{10fffd}b", /^has U\+10FFFD \(a private-use/],
	"half a surrogate pair": ["a\ud800b", /^has U\+D800 \(half/],
	"an unassigned character": ["a\u0378b", /^has U\+0378 \(an unassigned/],
	"what is no character": ["a\uffffb", /^has U\+FFFF \(an unassigned/],
	"a line break": ["a\nb", /^has U\+000A \(a line break/],
	"another line break": ["a\u2028b", /^has U\+2028 \(a line break/],
	"an escape sequence": ["a\u001b[2Kb", /^has U\+001B \(a control/],
	"a NUL": ["a\0b", /^has U\+0000 \(a control/],
	markup: ["<img src=x>", "has <, which begins markup; write it in words"],
	"nothing but blanks": [" \u00a0\u3000", /^is blank/],
	"no character": ["", "has 0 characters; give 1 to 200"],
	"one character too many": ["x".repeat(201), "has 201 characters; give 1 to 200"],
};

test.each(Object.entries(refused))("a reason with %s is refused, and says why", (_, [reason, says]) => {
	expect(wrongWithReason(reason)).toEqual(typeof says === "string" ? says : expect.stringMatching(says));
});

test.each([
	...["Password=iceberg", "pwd = iceberg", "https://x.example/?TOKEN=iceberg", "https://x.example/?issueKey=iceberg"],
	...[
		"AccountKey=iceberg",
		"Server=iceberg",
		"Data Source=iceberg",
		"https://x.example/?sig=iceberg",
		"a&amp;code=iceberg",
	],
	...["postgresql://titanic_admin:iceberg@pg.example.org/titanic", "amqp://:iceberg@x"],
])("%s looks like a credential: refused without a word of it", (reason) => {
	expect(wrongWithReason(reason)).toMatch(/credential would stand|user and a password/);
	expect(wrongWithReason(reason)).not.toContain("iceberg");
});

test("whatever is accepted is written on the audit log as it is", () => {
	fc.assert(
		fc.property(fc.string({ unit: "binary" }), (reason) => {
			if (wrongWithReason(reason) === undefined) expect(oneLine(reason)).toBe(reason);
		}),
	);
});
