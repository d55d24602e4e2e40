// The bytes of a configuration file as text: UTF-8, with or without a byte order mark.
// ENC1. A file in another encoding is reported as such. Otherwise: names with umlauts are silently others, or one wrong byte is
//       reported as a mistake in the YAML. Kept by: wrong-files.test.ts.

const decoder = new TextDecoder("utf-8", { fatal: true });

/** @returns the text, or the end of a sentence that begins with the file */
export function textIn(bytes: Buffer): { readonly text: string } | { readonly wrong: string; readonly line?: number } {
	if (isUtf16(bytes))
		return { wrong: "is in UTF-16, as PowerShell writes it; convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW_FILE" };
	const nul = bytes.indexOf(0);
	if (nul >= 0) return { wrong: "is binary, not text", line: lineAt(bytes, nul) };
	try {
		// Which leaves out a byte order mark.
		return { text: decoder.decode(bytes) };
	} catch {
		const wrong = "is not UTF-8; it looks like Latin-1. Convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW_FILE";
		return { wrong, line: firstWrongLine(bytes) };
	}
}

/** By its mark; without one, every other byte of text is 0. */
function isUtf16(bytes: Buffer): boolean {
	const [first, second] = bytes;
	if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
	const start = bytes.subarray(0, 64);
	const zeros = start.filter((byte) => byte === 0).length;
	return start.length >= 4 && zeros * 3 >= start.length;
}

const lineAt = (bytes: Buffer, end: number): number =>
	bytes.subarray(0, end).reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 1);

function firstWrongLine(bytes: Buffer): number {
	let line = 1;
	for (let from = 0; from <= bytes.length; line++) {
		const end = bytes.indexOf(0x0a, from);
		try {
			decoder.decode(bytes.subarray(from, end < 0 ? bytes.length : end));
		} catch {
			return line;
		}
		if (end < 0) break;
		from = end + 1;
	}
	return line;
}
