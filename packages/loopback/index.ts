export {
	type Answer,
	type Answering,
	close,
	type FaultRule,
	type Faults,
	faults,
	listen,
	type Request,
	serve,
} from "./faults.ts";
export { selfSigned } from "./tls.ts";
