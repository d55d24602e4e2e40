// What is around every view: the head with its links, who is signed in, and what is read aloud.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { client } from "../api/client.ts";
import { Around, type Ways } from "./around.ts";
import { Announcer } from "./parts/announce.tsx";
import { hashOf, type Route, routeOf, type View } from "./route.ts";
import { exact, seen } from "./seen.ts";
import { type Session, type SignIn, signIn, signOut } from "./session.ts";
import { ApprovalView } from "./views/approval.tsx";
import { ApprovalsView } from "./views/approvals.tsx";
import { ComplianceView } from "./views/compliance.tsx";
import { HistoryView } from "./views/history.tsx";
import { RotationView } from "./views/rotation.tsx";
import { SecretView } from "./views/secret.tsx";
import { SecretsView } from "./views/secrets.tsx";

export function SignedOut({ how, why }: { how: SignIn | undefined; why?: string }) {
	useEffect(() => {
		document.title = "Sign in · Secret rotation";
	}, []);
	return (
		<main class="signed-out">
			<Logo />
			<h1>Secret rotation</h1>
			{why && (
				<p class="problem" role="alert">
					{why}
				</p>
			)}
			{how ? (
				<>
					<p>See which secrets are due, what is being rotated, and which pods have proved the new password.</p>
					<button type="button" class="primary" onClick={() => void signIn(how)}>
						{why ? "Sign in again" : "Sign in"}
					</button>
				</>
			) : (
				<p>
					Nobody can sign in here yet: the app setting <code>PAGE_CLIENT_ID</code> is missing. The command{" "}
					<code>rotator</code> does everything that this page does.
				</p>
			)}
		</main>
	);
}

export function Page({ session, how }: { session: Session; how: SignIn }) {
	const route = useRoute();
	const ways: Ways = useMemo(() => {
		const { person, token } = session;
		const call = client({ baseUrl: location.origin, token });
		return {
			call: seen(call),
			exactly: exact(call),
			person,
			may: (role) => person.roles.includes(role),
			signInAgain: () => void signIn(how),
		};
	}, [session, how]);
	return (
		<Around.Provider value={ways}>
			<Announcer>
				<button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
					Skip to content
				</button>
				<Head route={route} name={session.person.name} roles={session.person.roles} />
				<main id="main" tabIndex={-1}>
					<Shown key={`${route.view} ${route.id}`} route={route} />
				</main>
			</Announcer>
		</Around.Provider>
	);
}

function Shown({ route }: { route: Route }) {
	const { view, id, query } = route;
	if (view === "secret") return <SecretView id={id} />;
	if (view === "rotation") return <RotationView id={id} />;
	if (view === "approvals") return <ApprovalsView query={query} />;
	if (view === "approval") return <ApprovalView id={id} />;
	if (view === "compliance") return <ComplianceView />;
	if (view === "history") return <HistoryView query={query} />;
	return <SecretsView query={query} />;
}

function useRoute(): Route {
	const [route, setRoute] = useState(() => routeOf(location.hash));
	const shown = useRef(`${route.view} ${route.id}`);
	useEffect(() => {
		const changed = () => setRoute(routeOf(location.hash));
		addEventListener("hashchange", changed);
		return () => removeEventListener("hashchange", changed);
	}, []);
	useEffect(() => {
		const now = `${route.view} ${route.id}`;
		if (shown.current === now) return;
		shown.current = now;
		// A reader hears the new view's name, and Tab goes on from there.
		scrollTo(0, 0);
		document.querySelector<HTMLElement>("main h1")?.focus();
	}, [route]);
	return route;
}

const links: readonly (readonly [View, string])[] = [
	["secrets", "Secrets"],
	["approvals", "Approvals"],
	["history", "History"],
	["compliance", "Compliance"],
];
/** Which link a view belongs to. */
const linkOf: Readonly<Partial<Record<View, View>>> = { secret: "secrets", rotation: "history", approval: "approvals" };

function Head({ route, name, roles }: { route: Route; name: string; roles: readonly string[] }) {
	const current = linkOf[route.view] ?? route.view;
	return (
		<header>
			<a class="home" href={hashOf("secrets")} aria-label="Secret rotation, all secrets">
				<Logo />
				<span>Secret rotation</span>
			</a>
			<nav aria-label="Views">
				{links.map(([view, text]) => (
					<a key={view} href={hashOf(view)} aria-current={current === view ? "page" : undefined}>
						{text}
					</a>
				))}
			</nav>
			<div class="who">
				<span title={roles.join(", ")}>
					<bdi>{name}</bdi> <small>{roleText(roles)}</small>
				</span>
				<button type="button" class="plain" onClick={signOut}>
					Sign out
				</button>
			</div>
		</header>
	);
}

function roleText(roles: readonly string[]): string {
	const words = [
		roles.includes("Rotation.Operate") && "operator",
		roles.includes("Rotation.Approve") && "approver",
		roles.includes("Audit.Read") && "auditor",
	].filter(Boolean);
	if (words.length > 0) return words.join(", ");
	return roles.some((role) => role.startsWith("Rotation.")) ? "reader" : "no role";
}

const Logo = () => (
	<svg viewBox="0 0 16 16" width="22" height="22" aria-hidden="true">
		<path d="M8 2a6 6 0 1 0 6 6" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" />
		<path d="M8 0v4.6l3.6-2.3z" fill="currentColor" />
	</svg>
);
