// Invariant: whatever is logged, by the host or by the app, goes to stderr as `level function message`. On stdout there
// is one line only, the address: the starter of the host reads it there.

const severities = ["trace", "debug", "information", "warning", "error", "critical", "none"];
let least = severities.indexOf("information");

/** @param level as in host.json (`Information`, `Warning`, ..); another word leaves it as it is */
export function setLeastLevel(level: string): void {
	const index = severities.indexOf(level.toLowerCase());
	if (index >= 0) least = index;
}

export function log(level: string, source: string, message: string): void {
	if (severities.indexOf(level) >= least) process.stderr.write(`${level} ${source} ${message}\n`);
}
