// One cluster's API, as the files beside this one call it.
// CL1. Every call goes through one dispatcher. Otherwise: with a CA set, the SDK opens a TLS connection for each call and
//      leaves it open. Kept by: faults.test.ts.
// CL2. The token is asked for with every request: its source caches it and knows when it ends. A cluster that answers 401
//      has done nothing: it is asked once more, with another token. Kept by: identity.test.ts.
// CL3. Nothing but a Fault comes out of a call that the cluster, the network or the token failed. Kept by: faults.test.ts.

import {
	ApiException,
	AppsV1Api,
	AuthorizationV1Api,
	BatchV1Api,
	CoreV1Api,
	CustomObjectsApi,
	KubeConfig,
	PatchStrategy,
	setHeaderOptions,
} from "@kubernetes/client-node";
import { Fault } from "../../domain/fault.ts";
import { directly, type Perform } from "../../ports/effect.ts";
import { asFault, saysAbsent, type Target } from "./faults.ts";

export interface Apis {
	readonly apps: AppsV1Api;
	readonly authorization: AuthorizationV1Api;
	readonly batch: BatchV1Api;
	readonly core: CoreV1Api;
	readonly custom: CustomObjectsApi;
	/** For a patch of a built-in kind; without it the SDK sends a JSON patch. Custom resources do not take it. */
	readonly strategicMerge: ReturnType<typeof setHeaderOptions>;
	/** For a patch of a custom resource. */
	readonly merge: ReturnType<typeof setHeaderOptions>;
}

export interface ClusterClient extends AsyncDisposable {
	/** The configuration's key: what faults call the cluster. */
	readonly name: string;
	/** @param target what is asked for: the fault names it, and the right that is lacking */
	call<T>(target: Target, send: (apis: Apis) => Promise<T>): Promise<T>;
	/** The same; `undefined` only if the cluster itself says that the object does not exist. */
	find<T>(target: Target, send: (apis: Apis) => Promise<T>): Promise<T | undefined>;
}

export interface ClusterOptions {
	readonly name: string;
	/** https://..., or http on loopback */
	readonly server: string;
	/** PEM; default: the CAs that Node.js trusts */
	readonly ca?: string;
	/** A bearer token, valid now; `anew`: the cluster does not accept the one before */
	readonly token: (options?: { readonly anew: boolean }) => Promise<string>;
	/** How long one request may take, its answer's body included */
	readonly requestTimeoutMs?: number;
	readonly perform?: Perform;
}

export function kubernetesClient({
	name,
	server,
	ca,
	token,
	requestTimeoutMs = 15_000,
	perform = directly,
}: ClusterOptions): ClusterClient {
	const config = new KubeConfig();
	const caData = ca === undefined ? undefined : Buffer.from(ca).toString("base64");
	config.loadFromClusterAndUser(
		// the SDK refuses http unless this is set; there is no certificate to skip then
		{ name, server, caData, skipTLSVerify: server.startsWith("http:") },
		{ name, authProvider: { name: "entra" } },
	);
	config.addAuthenticator({
		isAuthProvider: (user) => user.authProvider?.name === "entra",
		applyAuthentication: async (_user, options) => {
			options.headers = { ...options.headers, Authorization: `Bearer ${await given(() => token(), name)}` };
		},
	});
	const renew = async () => void (await given(() => token({ anew: true }), name));
	return clientOf({ name, config, renew, requestTimeoutMs, perform });
}

/**
 * @param of.config what it signs in with
 * @param of.renew gets another token, where one is refused
 */
export function clientOf({
	name,
	config,
	renew,
	requestTimeoutMs = 15_000,
	perform = directly,
}: {
	readonly name: string;
	readonly config: KubeConfig;
	readonly renew?: () => Promise<void>;
	readonly requestTimeoutMs?: number;
	readonly perform?: Perform;
}): ClusterClient {
	const authenticate = config.applySecurityAuthentication.bind(config);
	let dispatcher: Dispatcher | undefined;
	config.applySecurityAuthentication = async (context) => {
		await authenticate(context);
		// each call brings a new one, which has opened nothing yet
		dispatcher ??= context.getDispatcher();
		if (dispatcher) context.setDispatcher(dispatcher);
		context.setSignal(AbortSignal.timeout(requestTimeoutMs));
	};
	const apis: Apis = {
		apps: config.makeApiClient(AppsV1Api),
		authorization: config.makeApiClient(AuthorizationV1Api),
		batch: config.makeApiClient(BatchV1Api),
		core: config.makeApiClient(CoreV1Api),
		custom: config.makeApiClient(CustomObjectsApi),
		strategicMerge: setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch),
		merge: setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
	};
	const call: ClusterClient["call"] = async (target, send) => {
		try {
			const answer = await perform(effectOf(target), () =>
				send(apis).catch(async (error) => {
					if (!(error instanceof ApiException) || error.code !== 401) throw error;
					if (!renew) throw error;
					await renew();
					return send(apis);
				}),
			);
			const detail = "a page that is not an answer of the Kubernetes API";
			if (answer !== undefined && !isObject(answer)) throw new Fault("cluster-unreachable", { cluster: name, detail });
			return answer;
		} catch (error) {
			throw asFault(error, name, target);
		}
	};
	return {
		name,
		call,
		find: (target, send) =>
			call(target, (all) =>
				send(all).catch((error) => {
					if (saysAbsent(error)) return undefined;
					throw error;
				}),
			),
		[Symbol.asyncDispose]: async () => dispatcher?.destroy(),
	};
}

type Context = Parameters<KubeConfig["applySecurityAuthentication"]>[0];
type Dispatcher = NonNullable<ReturnType<Context["getDispatcher"]>>;

const effectOf = ({ verb, resource, namespace, name }: Target): string =>
	`kubernetes ${verb} ${resource} ${[namespace, name].filter((one) => one !== undefined).join("/")}`;

/** The SDK makes an object without fields of a proxy's page that comes with 200. */
const isObject = (answer: unknown): boolean => typeof (answer as { kind?: unknown } | null)?.kind === "string";

async function given(token: () => Promise<string>, cluster: string): Promise<string> {
	try {
		return await token();
	} catch (error) {
		throw error instanceof Fault ? error : new Fault("token-unavailable", { resource: `cluster ${cluster}` }, error);
	}
}
