// Stands in for another Functions host: answers anything, returns its working directory and settings.
import { createServer } from "node:http";

const [port] = process.argv.slice(2);
createServer((_, response) => {
	response.end(JSON.stringify({ cwd: process.cwd(), port: process.env.PORT, setting: process.env.SETTING }));
}).listen(Number(port), "127.0.0.1");
