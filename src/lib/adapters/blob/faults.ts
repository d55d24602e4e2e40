// Blob Storage's errors, distinguished by status and code, never by message: those carry URLs and request headers.

/** Blob Storage's own code (`BlobNotFound`), which an answer without a body has in a header only. */
export function codeOf(error: unknown): string | undefined {
	const { details, code } = error as { details?: { errorCode?: string }; code?: string };
	return details?.errorCode ?? code;
}

/**
 * What keeps the app from the storage account. A network rule refuses with 403 as well, but by its own code, and an
 * operator may be fixing it: so that one counts as unreachable.
 */
export function troubleOf(error: unknown): "forbidden" | "unreachable" {
	const { statusCode } = error as { statusCode?: number };
	const code = codeOf(error);
	if (code === "BlobImmutableDueToPolicy") return "forbidden";
	if ((statusCode === 401 || statusCode === 403) && code !== "AuthorizationFailure") return "forbidden";
	return "unreachable";
}
