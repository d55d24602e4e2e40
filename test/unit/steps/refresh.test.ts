import { describe, expect, test } from "@jest/globals";
import type { DeliveryPath } from "../../../src/lib/ports/delivery-path.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;
type Refresh = NonNullable<DeliveryPath["refresh"]>;

/** The delivery path writes its copy by itself. @returns the times that it was asked to */
function withRefresh(world: World, act: (asked: Parameters<Refresh>) => unknown = () => {}) {
	const asked: Parameters<Refresh>[] = [];
	const refresh: Refresh = async (...given) => {
		asked.push(given);
		await given[3].stillLive();
		await act(given);
		return "copy-written";
	};
	Object.assign(world.cluster.path, { refresh });
	return asked;
}

const refreshes = ({ audit }: World) => audit.records.filter(({ data }) => data.step === "refresh");

describe("a delivery path that writes its copy", () => {
	test("is asked once, after the publication and before the roll, with what was published, and the log has it first", async () => {
		const world = rotationWorld();
		let before: unknown;
		const asked = withRefresh(world, () => {
			before = refreshes(world).map(({ data }) => data.phase);
			expect(world.effects.join()).not.toContain("roll Deployment");
		});
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(before).toEqual(["intent"]);
		expect(asked).toHaveLength(1);
		const [, consumer, published, { round }] = asked[0]!;
		expect(consumer.name).toBe("titanic-api");
		expect(round).toBe(1);
		expect(published.map(({ secret, value }) => [secret, value.reveal().includes(world.live().value)])).toEqual([
			["db-password", true],
			["db-connection-string", true],
		]);
		expect(refreshes(world).map(({ data }) => [data.phase, data.code])).toEqual([
			["intent", undefined],
			["outcome", "copy-written"],
		]);
	});

	test("may say more than its code, which the log has", async () => {
		const world = rotationWorld();
		const message = "Waiting for people to merge pull request https://github.com/o/r/pull/7.";
		const refresh: Refresh = async () => ({ code: "review-asked", message });
		Object.assign(world.cluster.path, { refresh });
		await world.run(world.request());
		expect(refreshes(world).at(-1)?.data).toMatchObject({ phase: "outcome", code: "review-asked", message });
	});

	test.each<[string, (world: World) => unknown]>([
		["somebody published another version meanwhile", ({ vault }) => vault.seed("db-password", "by-hand", {})],
		[
			"the live version was disabled meanwhile",
			({ vault, live }) => vault.store.disable({} as never, "db-password", live().version),
		],
		["a derived secret was published anew meanwhile", ({ vault }) => vault.seed("db-connection-string", "by-hand", {})],
	])("does not write what is not live any more: %s", async (_, meddle) => {
		const world = rotationWorld();
		let written = 0;
		const refresh: Refresh = async (_intent, _consumer, _published, { stillLive }) => {
			await meddle(world);
			await stillLive();
			written++;
			return "copy-written";
		};
		Object.assign(world.cluster.path, { refresh });
		const { result } = await world.run(world.request());
		expect(written).toBe(0);
		expect(result).toMatchObject({
			outcome: "published-not-delivered",
			consumers: [{ delivered: false, problem: { code: "live-changed" } }],
		});
	});
});

test("a delivery path that has nothing to write leaves no word of it on the log", async () => {
	const world = rotationWorld();
	expect((await world.run(world.request())).result.outcome).toBe("completed");
	expect(refreshes(world)).toEqual([]);
});
