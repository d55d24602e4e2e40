export { type Host, type StartOptions, startHost } from "./start.ts";
