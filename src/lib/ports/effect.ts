// The one seam through which every call to the world outside goes: each request to a vault or to blob storage, each login
// and SQL statement, each Kubernetes call, each token, each start of a durable instance. Ports are many; this is one.
// E1. No adapter talks to anything but through it. Otherwise: a call is left out of the recovery tests, which count what
//     passes here and break each of it in turn. Kept by: effects.test.ts, which compares the count with what the servers saw.
// E2. A name says what is done to what, and is the same in every run: no version, no id that was drawn, no value.

/**
 * @param effect the system and what is done there: `vault PUT db-password`, `postgres ALTER ROLE titanic_admin`,
 *   `kubernetes patch deployments titanic-api/titanic-api`, `blob PUT audit/2026-11.ndjson`, `token https://vault.azure.net`
 * @param act the call itself, one attempt of it; its error is the transport's or the server's own, not yet a Fault
 */
export type Perform = <T>(effect: string, act: () => Promise<T>) => Promise<T>;

/** In production nothing stands between. */
export const directly: Perform = (_, act) => act();
