// The Durable HTTP API: with a key on /runtime/webhooks/durabletask, and without one on the loopback port that
// `DurableClient` is given (its "RPC" address). Invariant: what is answered with 202 is on disk, except a start that
// lost a race, as on the real host. See
// https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { createInstance } from "./durable/execution.ts";
import { event, isOver, parsed, type RuntimeStatus, shownHistory } from "./durable/history.ts";
import { instanceLinks } from "./durable/links.ts";
import type { Instance, Store } from "./durable/store.ts";
import { type Answer, type Handle, type Incoming, json } from "./server.ts";

/** About what a message takes on its way to the real one's queue. Milliseconds. */
const sending = 5;

export interface ManagementParts {
	store: Store;
	wake(): void;
	hubName: string;
	durableKey: string;
	overridesRunning: boolean;
}

/**
 * @param root path of the API on this server
 * @param emptyInput the input of a start without a body: the real host gives `null` over HTTP and `""` to its client
 */
export function managementApi(parts: ManagementParts, root: string, emptyInput: "null" | '""'): Handle {
	const { store, wake } = parts;
	const links = ({ url }: Incoming, id: string) => instanceLinks(url.origin, parts.hubName, parts.durableKey, id);

	/**
	 * As the real one's storage provider does it: it reads the state, sends the message, then writes the instance unless another
	 * start has written it since, and reports that to nobody. So of several starts at one instant one runs, and more get 202.
	 * Otherwise: an app that believes each 202 passes here, and loses requests in Azure.
	 */
	async function start(request: Incoming, name: string, wantedId: string | undefined): Promise<Answer> {
		const id = wantedId || randomUUID().replaceAll("-", "");
		const { "content-length": length, "transfer-encoding": encoding } = request.headers;
		const body = request.body.toString("utf8");
		// A body of unknown length that is empty is an input which is no JSON: the instance fails, as on the real host.
		const input =
			body === "" && (length !== undefined || encoding !== undefined || emptyInput === '""') ? emptyInput : body;
		if (input !== "" && !isJson(input)) return json(500, { Message: "The body is not JSON." });
		const before = store.instance(id);
		if (before && !isOver(before.status) && !parts.overridesRunning)
			return json(409, { Message: `An Orchestration instance with the status ${before.status} already exists.` });
		await pause(sending);
		store.atomic(() => {
			if (store.instance(id)?.execution !== before?.execution) return;
			createInstance(store, { id, name, input, parent: null }, Date.now());
		});
		wake();
		return accepted(request, id);
	}

	function accepted(request: Incoming, id: string): Answer {
		const { rewindPostUri: _, ...shown } = links(request, id);
		return json(202, shown, { location: shown.statusQueryGetUri, "retry-after": "10" });
	}

	function status(request: Incoming, instance: Instance): Answer {
		const { searchParams: query } = request.url;
		const withHistory = isTrue(query.get("showHistory"));
		const history = withHistory && shownHistory(store.history(instance.id), isTrue(query.get("showHistoryOutput")));
		const body = { ...shown(instance, query.get("showInput")), ...(history ? { historyEvents: history } : {}) };
		if (!isOver(instance.status))
			return json(202, body, { location: links(request, instance.id).statusQueryGetUri, "retry-after": "5" });
		const failed = instance.status === "Failed" && isTrue(query.get("returnInternalServerErrorOnFailure"));
		return json(failed ? 500 : 200, body);
	}

	function list(request: Incoming): Answer {
		const query = request.url.searchParams;
		const top = Number(query.get("top") ?? 100) || 100;
		const token = String(request.headers["x-ms-continuation-token"] ?? "");
		const found = store.list({
			...filterOf(query),
			after: Buffer.from(token, "base64").toString("utf8"),
			top: top + 1,
		});
		const page = found.slice(0, top);
		const more = found.length > top ? Buffer.from(page.at(-1)!.id).toString("base64") : undefined;
		const instances = page.map((instance) => shown(instance, query.get("showInput")));
		return json(200, instances, more ? { "x-ms-continuation-token": more } : {});
	}

	function purgeMany(query: URLSearchParams): Answer {
		const instances = store.atomic(() => {
			const found = store.list({ ...filterOf(query), after: "", top: -1 }).filter(({ status }) => isOver(status));
			for (const { id } of found) store.forget(id);
			return found;
		});
		return instances.length > 0 ? json(200, { instancesDeleted: instances.length }) : { status: 404 };
	}

	function purge({ id }: Instance): Answer {
		return store.atomic(() => {
			if (isRunning(id)) return { status: 412 };
			store.forget(id);
			return json(200, { instancesDeleted: 1 });
		});
	}

	/**
	 * As it is now: another host may have ended it, or started it again, since it was read. To be asked in a transaction.
	 */
	function isRunning(id: string): boolean {
		const instance = store.instance(id);
		return instance !== undefined && !isOver(instance.status);
	}

	function operate(request: Incoming, instance: Instance, operation: string, argument: string | undefined): Answer {
		const { id } = instance;
		const reason = request.url.searchParams.get("reason") ?? "";
		const now = Date.now();
		const send = (told: ReturnType<typeof event>, control = true): Answer => {
			const sent = store.atomic(() => {
				if (!isRunning(id)) return false;
				store.send(id, null, told, now, control);
				return true;
			});
			if (!sent) return { status: 410 };
			wake();
			return { status: 202 };
		};
		switch (operation) {
			case "raiseevent": {
				if (!argument) return { status: 404 };
				if (!/^application\/json/i.test(String(request.headers["content-type"] ?? "")))
					return json(400, { Message: "Only application/json request content is supported" });
				const body = request.body.toString("utf8") || "null";
				if (!isJson(body)) return json(400, { Message: "The event's body is not JSON." });
				return send(event("EventRaised", now, { Name: argument, Input: body }), false);
			}
			case "terminate":
				return send(event("ExecutionTerminated", now, { Result: reason }));
			case "suspend":
				return send(event("ExecutionSuspended", now, { Reason: reason }));
			case "resume":
				return send(event("ExecutionResumed", now, { Reason: reason }));
			case "restart": {
				const another = request.url.searchParams.get("restartWithNewInstanceId")?.toLowerCase() !== "false";
				const restarted = another ? randomUUID().replaceAll("-", "") : id;
				const begun = store.atomic(() => {
					if (!another && isRunning(id)) return false;
					createInstance(store, { ...instance, id: restarted, parent: null }, now);
					return true;
				});
				if (!begun) return { status: 409 };
				wake();
				return accepted(request, restarted);
			}
			case "rewind":
				return { status: 501, body: "The rewind operation is not supported by the underlying storage provider." };
			default:
				return { status: 404 };
		}
	}

	return (request) => {
		const [kind, name, operation, argument, ...rest] = request.url.pathname
			.slice(root.length)
			.split("/")
			.filter(Boolean)
			.map(unescaped);
		const { method } = request;
		if (rest.length > 0) return { status: 404 };
		if (kind?.toLowerCase() === "orchestrators" && name && method === "POST") return start(request, name, operation);
		if (kind?.toLowerCase() !== "instances") return { status: 404 };
		if (!name && method === "GET") return list(request);
		if (!name && method === "DELETE") return purgeMany(request.url.searchParams);
		const instance = name === undefined ? undefined : store.instance(name);
		if (!instance) return { status: 404 };
		if (method === "POST" && operation) return operate(request, instance, operation.toLowerCase(), argument);
		if (!operation && method === "GET") return status(request, instance);
		if (!operation && method === "DELETE") return purge(instance);
		return { status: 404 };
	};
}

function shown(instance: Instance, showInput: string | null) {
	return {
		name: instance.name,
		instanceId: instance.id,
		runtimeStatus: instance.status,
		input: showInput?.toLowerCase() === "false" ? null : parsed(instance.input),
		customStatus: parsed(instance.customStatus),
		output: parsed(instance.output),
		createdTime: wholeSeconds(instance.created),
		lastUpdatedTime: wholeSeconds(instance.updated),
	};
}

function filterOf(query: URLSearchParams) {
	const time = (name: string, fallback: number) => Date.parse(query.get(name) ?? "") || fallback;
	const states = (query.get("runtimeStatus") ?? "").split(",").filter(Boolean) as RuntimeStatus[];
	return {
		prefix: query.get("instanceIdPrefix") ?? "",
		from: time("createdTimeFrom", 0),
		to: time("createdTimeTo", Number.MAX_SAFE_INTEGER),
		states,
	};
}

const isTrue = (value: string | null) => value?.toLowerCase() === "true";
const wholeSeconds = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, "Z");

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

function unescaped(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}
