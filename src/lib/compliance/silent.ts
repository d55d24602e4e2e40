// What did not answer is not asked again for a while, by no secret of the sweep.
// SI1. A system counts as silent after one call that kept the sweep waiting, or after three quick failures in a row, one call at a
//      time. Otherwise: after a single quick failure, which can happen to any call, a hundred secrets are not looked at for a
//      day; or all of a thousand secrets ask a system that is down.
// SI2. The first call of each vault, server and cluster goes alone. Otherwise: as many wait for a dead one as are looked at
//      at once.
// SI3. It is asked again after some minutes, by one of them. Otherwise: what was down for a moment is not rotated today.
// All kept by: silent.test.ts, sweep.test.ts.

import type { Ports } from "../app.ts";
import { Fault, type FaultCode } from "../domain/fault.ts";

/** Until when it is not asked again (ISO 8601), by kind and name: `cluster titanic-aks`. */
export type Silent = Readonly<Record<string, string>>;

const longMs = 4_000;
const mostInARow = 3;
const quietMs = 5 * 60_000;

interface System {
	readonly name: string;
	/** What it says, or others say of it, where it does not do its work. */
	readonly codes: readonly FaultCode[];
	readonly fault: () => Fault;
}

const vaultOf = (vault: string): System => ({
	name: `vault ${vault}`,
	codes: ["vault-unreachable"],
	fault: () => new Fault("vault-unreachable", { vault }),
});
const serverOf = (server: string): System => ({
	name: `server ${server}`,
	codes: ["server-unreachable"],
	fault: () => new Fault("server-unreachable", { server }),
});
const clusterOf = (cluster: string): System => ({
	name: `cluster ${cluster}`,
	codes: ["cluster-unreachable", "cluster-failed"],
	fault: () =>
		new Fault("cluster-unreachable", { cluster, detail: "it did not answer, or failed, earlier in this sweep" }),
});

/** @returns the same ports, and what was found silent so far, in this sweep's earlier pages too */
export function sparing(ports: Ports, before: Silent): { ports: Ports; silent: () => Silent } {
	const silent = new Map(Object.entries(before));
	const answering = new Set<string>();
	const first = new Map<string, Promise<unknown>>();
	/** How often each failed in a row, asked by one after the other. */
	const failures = new Map<string, number>();
	const now = () => ports.clock.now();

	async function call<T>({ name, codes }: System, work: () => Promise<T>, isAlone: boolean): Promise<T> {
		const from = now().getTime();
		const answered = () => {
			answering.add(name);
			failures.delete(name);
		};
		try {
			const answer = await work();
			answered();
			return answer;
		} catch (error) {
			if (!(error instanceof Fault) || !codes.includes(error.code)) answered();
			else {
				// The next call goes alone. Calls that were under way with this one show nothing new, so they do not count.
				answering.delete(name);
				const inARow = (failures.get(name) ?? 0) + (isAlone ? 1 : 0);
				failures.set(name, inARow);
				if (now().getTime() - from >= longMs || inARow >= mostInARow)
					silent.set(name, new Date(now().getTime() + quietMs).toISOString());
			}
			throw error;
		}
	}

	async function ask<T>(system: System, work: () => Promise<T>): Promise<T> {
		const { name } = system;
		while (first.has(name)) await first.get(name);
		const until = silent.get(name);
		if (until !== undefined && until > now().toISOString()) throw system.fault();
		silent.delete(name);
		if (answering.has(name)) return call(system, work, false);
		const asked = call(system, work, true);
		const over = asked.then(
			() => {},
			() => {},
		);
		first.set(
			name,
			over.then(() => void first.delete(name)),
		);
		return asked;
	}

	/** Every method of a port is a question to its system. */
	const guarded = <T extends object>(system: System, port: T): T =>
		new Proxy(port, {
			get(target, name) {
				const member: unknown = Reflect.get(target, name);
				if (typeof member !== "function") return member;
				return (...given: unknown[]) => ask(system, async () => member.apply(target, given));
			},
		});

	return {
		ports: {
			...ports,
			store: async (vault) => guarded(vaultOf(vault), await ports.store(vault)),
			database: async (server) => guarded(serverOf(server), await ports.database(server)),
			workloads: async (cluster) => guarded(clusterOf(cluster), await ports.workloads(cluster)),
			deliveryPath: async (path, cluster) => guarded(clusterOf(cluster), await ports.deliveryPath(path, cluster)),
		},
		silent: () => Object.fromEntries(silent),
	};
}
