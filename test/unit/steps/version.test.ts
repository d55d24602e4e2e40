import { expect, test } from "@jest/globals";
import { rotationIdOf } from "../../../src/lib/domain/ids.ts";
import type { SecretVersion } from "../../../src/lib/domain/secret-version.ts";
import type { Managed } from "../../../src/lib/steps/managed.ts";
import { isOnRecord, type Maker, makerOf, whoMade } from "../../../src/lib/steps/version.ts";
import { memoryRecords } from "../../support/memory-records.ts";

type Tags = SecretVersion["tags"];

/** Versions one second apart, named v1, v2, ... */
const history = (...all: Tags[]): SecretVersion[] =>
	all.map((tags, index) => ({
		name: "db-password",
		version: `v${index + 1}`,
		tags,
		enabled: true,
		created: new Date(index * 1000),
	}));

const byHand: Tags = { application: "titanic-api" };
const by = (rotation: string): Tags => ({ ...byHand, "rotation-id": rotation });
const takesBack = (rotation: string, version: string): Tags => ({
	...byHand,
	"taken-back": rotation,
	"previous-version": version,
});

test.each<{ title: string; versions: SecretVersion[]; maker: Maker }>([
	{ title: "the first one", versions: history(byHand), maker: "first" },
	{ title: "a second one before any rotation", versions: history(byHand, byHand), maker: "first" },
	{ title: "a rotation's", versions: history(byHand, by("a")), maker: "rotation" },
	{ title: "one by hand after a rotation", versions: history(byHand, by("a"), byHand), maker: "hand" },
	{
		title: "the first one again, since the first rotation was taken back",
		versions: history(byHand, by("a"), takesBack("a", "v2")),
		maker: "first",
	},
	{
		title: "one by hand after a first rotation that was taken back",
		versions: history(byHand, by("a"), takesBack("a", "v2"), byHand),
		maker: "first",
	},
	{
		title: "an earlier rotation's again, since the one after it was taken back",
		versions: history(byHand, by("a"), by("b"), takesBack("b", "v3")),
		maker: "rotation",
	},
	{
		title: "one by hand after a rotation that was taken back and published again",
		versions: history(byHand, by("a"), takesBack("a", "v2"), by("a"), byHand),
		maker: "hand",
	},
])("the latest version is $title", ({ versions, maker }) => {
	expect(makerOf(versions.at(-1)!, versions)).toBe(maker);
});

test("a rotation's event is no drift, also when it takes one back; of an older version there is nothing to say", () => {
	const versions = history(byHand, by("a"), takesBack("a", "v2"));
	expect(["v1", "v2", "v3", "v4"].map((version) => whoMade(versions, version))).toEqual([
		...["gone", "gone", "rotation", "gone"],
	]);
});

test("another secret's rotation on record makes no version known, however that ended", async () => {
	const records = memoryRecords();
	const target = { id: "db-password" } as Managed;
	for (const secret of ["db-password", "api-password"]) {
		const rotationId = rotationIdOf(secret, "00000000-0000-4000-8000-000000000001");
		await records.saveRotation({
			...{ rotationId, secret, kind: "rotate", requestedBy: { kind: "timer" }, steps: [], outcome: "compensated" },
			requestedAt: "2026-11-23T10:00:00Z",
		});
		const [version] = history({ "taken-back": rotationId });
		expect(await isOnRecord(records, target, version!)).toBe(secret === "db-password");
	}
});
