import { optionsIn } from "./options.ts";
import { simulated } from "./simulate.ts";
const { runs } = optionsIn(process.argv.slice(2));
for (const run of runs) {
	const t = performance.now();
	const { tally, most, forgotten, expired, apps } = await simulated(run);
	const { late, days, steps, ...rest } = tally;
	late.sort((a, b) => a - b);
	console.log(JSON.stringify({ rest, most, forgotten, expired, apps, median: late[late.length >> 1]! / 60000, worst: late.at(-1)! / 3600000 }, null, 1), (performance.now() - t) / 1000, "s", [...steps]);
}
