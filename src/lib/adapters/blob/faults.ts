// Blob Storage's errors, told apart by status and code, never by message: those carry URLs and request headers.

/** Blob Storage's own code (`BlobNotFound`), which an answer without a body has in a header only. */
export function codeOf(error: unknown): string | undefined {
	const { details, code } = error as { details?: { errorCode?: string }; code?: string };
	return details?.errorCode ?? code;
}

const tokenErrors = [
	"CredentialUnavailableError",
	"AuthenticationError",
	"AuthenticationRequiredError",
	"AggregateAuthenticationError",
];

/**
 * What keeps the app from the storage account. A network rule refuses with 403 as well, but by its own code, and an
 * operator may be mending it: so that one counts as unreachable.
 */
export function troubleOf(error: unknown): "token" | "forbidden" | "unreachable" {
	const { name, statusCode } = error as { name?: string; statusCode?: number };
	if (tokenErrors.includes(name ?? "")) return "token";
	const code = codeOf(error);
	if (code === "BlobImmutableDueToPolicy") return "forbidden";
	if ((statusCode === 401 || statusCode === 403) && code !== "AuthorizationFailure") return "forbidden";
	return "unreachable";
}

export const storageResource = "https://storage.azure.com";

/** Small, so that it does not multiply with the orchestration's own tries. */
export const retryOptions = { maxTries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000 };

/** For one request: the SDK by itself waits for ever on a network that swallows packets. */
export const patience = (): AbortSignal => AbortSignal.timeout(30_000);
