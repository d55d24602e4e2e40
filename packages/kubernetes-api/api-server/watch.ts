/**
 * A watch: one JSON object a line, as the changes happen.
 *
 * Invariant: a client that lists and then watches from the list's resource version sees every later change once, in
 * order; where that is impossible it gets an ERROR event with status 410. An object that leaves the selector is DELETED
 * for this client, one that enters it ADDED.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */

import type { ServerResponse } from "node:http";
import type { KubeObject } from "./objects.ts";
import { apiVersionOf, keyOf, type Resource } from "./resource.ts";
import type { Matches } from "./selectors.ts";
import { ApiError, invalid } from "./status-errors.ts";
import type { Change, Store } from "./store.ts";

const bookmarkMilliseconds = 60_000;

export interface WatchRequest {
	resource: Resource;
	namespace?: string;
	matches: Matches;
	/** the query of the request */
	query: URLSearchParams;
	/** how an object is shown: as it is, or as a Table */
	show: (object: KubeObject) => object;
}

/** Answers until the client goes, the server closes, or `timeoutSeconds` are over. */
export const watch = (store: Store, asked: WatchRequest, response: ServerResponse): void => {
	const { resource, namespace, query, matches, show } = asked;
	const bookmarks = query.get("allowWatchBookmarks") === "true";
	const initial = query.get("sendInitialEvents") === "true";
	if (initial && query.get("resourceVersionMatch") !== "NotOlderThan")
		throw invalid({ kind: "ListOptions", group: "meta.k8s.io" }, "", [
			{
				field: "resourceVersionMatch",
				reason: "Forbidden",
				message: "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
			},
		]);
	const seen = (object: KubeObject) => (!namespace || object.metadata.namespace === namespace) && matches(object);
	const send = (type: string, object: object) => void response.write(`${JSON.stringify({ type, object })}\n`);
	const bookmark = (annotations?: object) =>
		send("BOOKMARK", {
			kind: resource.kind,
			apiVersion: apiVersionOf(resource),
			metadata: { resourceVersion: `${store.version()}`, creationTimestamp: null, annotations },
		});
	const forward = ({ of, type, object, before }: Change) => {
		if (of !== keyOf(resource)) return;
		const was = before ? seen(before) : false;
		const is = type !== "DELETED" && seen(object);
		if (is) send(was ? "MODIFIED" : "ADDED", show(object));
		else if (was) send("DELETED", show({ ...before!, metadata: { ...before!.metadata, ...lastOf(type, object) } }));
	};

	response.writeHead(200, { "content-type": "application/json" });
	response.flushHeaders();
	const from = query.get("resourceVersion") ?? "";
	if (initial || from === "" || from === "0") {
		for (const object of store.list(resource, namespace).filter(seen)) send("ADDED", show(object));
		if (initial && bookmarks) bookmark({ "k8s.io/initial-events-end": "true" });
	} else {
		try {
			store.since(Number(from)).forEach(forward);
		} catch (error) {
			if (!(error instanceof ApiError)) throw error;
			send("ERROR", error.status);
			response.end();
			return;
		}
	}
	const stopListening = store.listen(forward);
	const beat = bookmarks ? setInterval(bookmark, bookmarkMilliseconds).unref() : undefined;
	const seconds = Number(query.get("timeoutSeconds") ?? 0);
	const end = () => {
		if (bookmarks) bookmark();
		stop();
		response.end();
	};
	const deadline = seconds > 0 ? setTimeout(end, seconds * 1000).unref() : undefined;
	// At the end too: "close" comes only when the client has read what was written.
	const stop = () => {
		stopListening();
		clearInterval(beat);
		clearTimeout(deadline);
	};
	response.on("close", stop);
};

/** A removed object is shown as it was last; one that only left the selector, as it was while it was in. */
const lastOf = (type: Change["type"], { metadata }: KubeObject) =>
	type === "DELETED" ? metadata : { resourceVersion: metadata.resourceVersion };
