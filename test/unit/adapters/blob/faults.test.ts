// What keeps the app from the storage account, and how that is told.

import { expect, test } from "@jest/globals";
import { nameOfContainer } from "../../../../src/lib/adapters/blob/container.ts";
import { troubleOf } from "../../../../src/lib/adapters/blob/faults.ts";

test.each([
	[403, "AuthorizationPermissionMismatch", "forbidden"],
	[401, "InvalidAuthenticationInfo", "forbidden"],
	// A network rule, which an operator may be correcting.
	[403, "AuthorizationFailure", "unreachable"],
	// Waiting does not help against a policy.
	[409, "BlobImmutableDueToPolicy", "forbidden"],
	[404, "ContainerNotFound", "unreachable"],
	[503, "ServerBusy", "unreachable"],
])("%i %s counts as %s", (statusCode, errorCode, trouble) => {
	expect(troubleOf({ statusCode, details: { errorCode } })).toBe(trouble);
	// An answer without a body has its code in a header only.
	expect(troubleOf({ statusCode, code: errorCode })).toBe(trouble);
});

test.each([
	"https://titanicaudit.blob.core.windows.net/audit//?sv=2026-01-01&sig=signature",
	"https://titanicaudit.blob.core.windows.net/audit/",
])("%s is named without a signature or a slash at its end", (url) => {
	expect(nameOfContainer(url)).toBe("https://titanicaudit.blob.core.windows.net/audit");
});
