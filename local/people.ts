// Who can sign in here, each with the roles that an administrator would assign. Their tokens are in `keep.ts`; on the page they sign in
// by their names.

import type { Identity } from "../packages/identity/index.ts";
import { audience } from "./world.ts";

export const people = {
	operator: { roles: ["Rotation.Operate"], id: "0b1ec700-0000-4000-8000-0000000000aa" },
	reader: { roles: ["Rotation.Read"], id: "0b1ec700-0000-4000-8000-0000000000bb" },
	approver: { roles: ["Rotation.Approve"], id: "0b1ec700-0000-4000-8000-0000000000ee" },
	/** Orders and approves, but never the same. */
	lead: { roles: ["Rotation.Operate", "Rotation.Approve"], id: "0b1ec700-0000-4000-8000-0000000000ab" },
	"break-glass": {
		roles: ["Rotation.Operate", "Rotation.BreakGlass"],
		id: "0b1ec700-0000-4000-8000-0000000000ff",
	},
	auditor: { roles: ["Rotation.Read", "Audit.Read"], id: "0b1ec700-0000-4000-8000-0000000000cc" },
} as const;

/** The page's app registration. */
const pageClientId = "c11e0700-0000-4000-8000-0000000000ee";

/** What the app has to know, so that people can sign in on its page. Without TLS: a browser would warn of a certificate of nobody's. */
export const pageSettings = ({ url, tenantId }: Identity): Record<string, string> => ({
	PAGE_CLIENT_ID: pageClientId,
	PAGE_AUTHORITY_URL: `${url}/${tenantId}`,
});

/** Lets everybody here sign in on the page of the app at this address. */
export function admitPeople(identity: Identity, appUrl: string): void {
	const addresses = [appUrl, appUrl.replace("127.0.0.1", "localhost")];
	identity.registerClient({
		...{ clientId: pageClientId, audience, redirectUris: [] },
		spaRedirectUris: addresses.map((address) => `${address}/`),
	});
	for (const [name, { roles, id: objectId }] of Object.entries(people))
		identity.admit({ name, roles: [...roles], objectId });
}
