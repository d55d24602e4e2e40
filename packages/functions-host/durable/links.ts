// Addresses of the durable HTTP API: those in its answers, and those a `durableClient` binding is given.
import type { TypedData } from "../core-api.ts";

export const webhook = "/runtime/webhooks/durabletask";

const connection = "AzureWebJobsStorage";
const operations = {
	statusQueryGetUri: "",
	sendEventPostUri: "/raiseEvent/{eventName}",
	terminatePostUri: "/terminate?reason={text}",
	rewindPostUri: "/rewind?reason={text}",
	purgeHistoryDeleteUri: "",
	restartPostUri: "/restart",
	suspendPostUri: "/suspend?reason={text}",
	resumePostUri: "/resume?reason={text}",
};

/** @param base origin of the host; @param key the durable system key, which all links carry */
export function instanceLinks(base: string, hub: string, key: string, id: string): { id: string } & typeof operations {
	const links = Object.entries(operations).map(([name, operation]) => {
		const address = `${base}${webhook}/instances/${id}${operation}`;
		return [name, `${address}${operation.includes("?") ? "&" : "?"}${query(hub, key)}`];
	});
	return { id, ...Object.fromEntries(links) };
}

/** What `durable-functions` makes its client from. `rpcUrl` is what it really calls. */
export function clientInput(base: string, hub: string, key: string, rpcUrl: string): TypedData {
	const create = `${base}${webhook}/orchestrators/{functionName}[/{instanceId}]?${query(hub, key)}`;
	const input = {
		taskHubName: hub,
		connectionName: connection,
		creationUrls: {
			createNewInstancePostUri: create,
			createAndWaitOnNewInstancePostUri: `${create}&timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}`,
		},
		managementUrls: instanceLinks(base, hub, key, "INSTANCEID"),
		baseUrl: `${base}${webhook}`,
		httpBaseUrl: `${base}${webhook}`,
		requiredQueryStringParameters: `code=${key}`,
		rpcBaseUrl: rpcUrl,
		maxGrpcMessageSizeInBytes: 2147483647,
		grpcHttpClientTimeout: "00:01:40",
	};
	return { string: JSON.stringify(input) };
}

const query = (hub: string, key: string) => `taskHub=${hub}&connection=${connection}&code=${encodeURIComponent(key)}`;
