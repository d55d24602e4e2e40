import { expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { Password } from "../../../src/lib/domain/password.ts";
import type { SecretUse } from "../../../src/lib/kinds/sources.ts";
import { elsewhere } from "../../../src/lib/paths/elsewhere.ts";

const ref = { cluster: "titanic-aks", namespace: "titanic", kind: "Deployment", name: "api" };
const live = "live-password-of-32-characters--";
const wanted = [{ vaultName: "titanic-kv", secret: "db-password", live: new Password(live) }];
const place = "variable PW of container api";

/** @param secrets their keys and values; of one that is `undefined` the app lacks the right */
const look = (
	uses: readonly SecretUse[],
	secrets: Record<string, Record<string, string> | undefined>,
	copies: { secret: string; key: string }[] = [],
	literals: { value: string; place: string }[] = [],
	password = live,
) =>
	elsewhere(
		ref,
		{ classes: [], renewed: [], secrets: uses, kept: [], literals },
		copies,
		[{ ...wanted[0]!, live: new Password(password) }],
		async (_namespace, name) => {
			if (!(name in secrets)) return undefined;
			const data = secrets[name];
			if (!data) throw new Fault("cluster-forbidden", { cluster: "titanic-aks", right: `get secrets/${name}` });
			return { data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)])) };
		},
	);

test("a value within a longer text is found, by the key that is used", async () => {
	const by = { hand: { url: `postgresql://titanic:${live}@db/titanic`, other: "x" } };
	expect(await look([{ secret: "hand", key: "url", place }], by)).toMatchObject({
		code: "source-elsewhere",
		names: { place: `Secret titanic/hand, key url (${place})`, secret: "db-password" },
	});
	expect(await look([{ secret: "hand", key: "other", place }], by)).toBeUndefined();
	expect(await look([{ secret: "hand", place: "envFrom of container api" }], by)).toMatchObject({
		names: { place: "Secret titanic/hand, key url (envFrom of container api)" },
	});
});

test("what the driver copies is no other source, key by key", async () => {
	const copies = [{ secret: "synced", key: "pw" }];
	const whole = [{ secret: "synced", place: "volume secrets" }];
	expect(await look(whole, { synced: { pw: live } }, copies)).toBeUndefined();
	expect(await look(whole, { synced: { pw: live, "by-hand": live } }, copies)).toMatchObject({
		names: { place: "Secret titanic/synced, key by-hand (volume secrets)" },
	});
});

test("a Secret that may not be read is left out, unless its key is called as the secret", async () => {
	expect(await look([{ secret: "tls", key: "tls.key", place }], { tls: undefined })).toBeUndefined();
	expect(await look([{ secret: "tls", place }], { tls: undefined })).toBeUndefined();
	await expect(look([{ secret: "old", key: "DB-Password", place }], { old: undefined })).rejects.toMatchObject({
		code: "cluster-forbidden",
	});
});

test("a short value is found whole only: in a longer text it is there by chance", async () => {
	const use = [{ secret: "hand", key: "pw", place }];
	expect(await look(use, { hand: { pw: "a day at sea" } }, [], [], "sea")).toBeUndefined();
	expect(await look(use, { hand: { pw: "sea" } }, [], [], "sea")).toMatchObject({ code: "source-elsewhere" });
});

test("a value in the template is told by its place, never repeated", async () => {
	const fault = await look([], {}, [], [{ value: `pw=${live}`, place }]);
	expect(fault).toMatchObject({ code: "source-elsewhere", names: { place } });
	expect(fault?.message).not.toContain(live);
});
