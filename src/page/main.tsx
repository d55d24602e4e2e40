// The operators' page: signs a person in, then shows the view that the address names.

import { render } from "preact";
import { Page, SignedOut } from "./page.tsx";
import { resumed, type SignIn, SignInNeeded } from "./session.ts";

const root = document.getElementById("page")!;

function signInOf({ clientId, authority, issuer, scope }: DOMStringMap): SignIn | undefined {
	if (!clientId || !authority || !issuer || !scope) return undefined;
	return { clientId, authority, issuer, scope };
}

const how = signInOf(root.dataset);
try {
	const session = how && (await resumed(how));
	render(session && how ? <Page session={session} how={how} /> : <SignedOut how={how} />, root);
} catch (error) {
	if (!(error instanceof SignInNeeded)) throw error;
	render(<SignedOut how={how} why={error.message} />, root);
}
