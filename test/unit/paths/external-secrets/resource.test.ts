import { expect, test } from "@jest/globals";
import {
	broughtTo,
	readExternalSecret,
	targetOf,
	whyUnfit,
} from "../../../../src/lib/paths/external-secrets/resource.ts";

const datum = (changes: object = {}, remoteRef: object = {}) => ({
	secretKey: "pw",
	remoteRef: { key: "db-password", ...remoteRef },
	...changes,
});
const of = (spec: object = {}, metadata: object = {}) =>
	readExternalSecret({
		metadata: { name: "titanic", ...metadata },
		spec: { secretStoreRef: { kind: "SecretStore", name: "kv" }, data: [datum()], ...spec },
	})!;
const template = (data: object, more: object = {}) => ({ target: { template: { data, ...more } } });

const unfit: Record<string, [ReturnType<typeof of>, RegExp]> = {
	"is made once": [of({ refreshPolicy: "CreatedOnce" }), /CreatedOnce/],
	"has no interval": [of({ refreshInterval: "0h0m0s" }), /refreshInterval is 0/],
	"has another target than a Secret": [of({ target: { manifest: { kind: "ConfigMap" } } }), /target\.manifest/],
	"has an immutable target": [of({ target: { immutable: true } }), /immutable/],
	"writes nothing": [of({ target: { creationPolicy: "None" } }), /creationPolicy is None/],
	"pins the version": [of({ data: [datum({}, { version: "v1" })] }), /pins the version of db-password/],
	"decodes the value": [of({ data: [datum({}, { decodingStrategy: "Auto" })] }), /decodes db-password/],
	"takes a path of the value": [of({ data: [datum({}, { property: "a.b" })] }), /more than the name of a member/],
	"has a store of its own for it": [
		of({ data: [datum({ sourceRef: { storeRef: { kind: "SecretStore", name: "other" } } })] }),
		/a store of its own/,
	],
	"brings another secret": [
		of({ data: [datum({}, { key: "other" })] }),
		/none of its data has remoteRef.key db-password/,
	],
	"brings it by dataFrom, whose keys nobody tells": [of({ data: [], dataFrom: [{ find: {} }] }), /none of its data/],
	"has a template that leaves it out": [of(template({ url: "{{ .other }}" })), /no key that is made of db-password/],
	"has a template from elsewhere": [of(template({}, { templateFrom: [{}] })), /no key that is made of db-password/],
	"belongs to a ClusterExternalSecret": [
		of({}, { ownerReferences: [{ kind: "ClusterExternalSecret", name: "all" }] }),
		/ClusterExternalSecret all/,
	],
};

test.each(Object.entries(unfit))("one that %s does not fit, and why is said", (_, [resource, detail]) => {
	expect(whyUnfit(resource, ["db-password"])).toMatch(detail);
});

test.each<[string, object]>([
	["by name, in any case", { data: [datum({}, { key: "DB-Password" })] }],
	["with the provider's prefix", { data: [datum({}, { key: "secret/db-password" })] }],
	["on change alone, with an interval of 0", { refreshPolicy: "OnChange", refreshInterval: "0" }],
	[
		"from the same store, named twice",
		{ data: [datum({ sourceRef: { storeRef: { kind: "SecretStore", name: "kv" } } })] },
	],
])("one that brings the secret %s fits", (_, spec) => {
	expect(whyUnfit(of(spec), ["db-password", "db-connection-string"])).toBeUndefined();
	expect(broughtTo(of(spec), "db-password")).toEqual([{ key: "pw", form: "exact" }]);
});

test("a template's keys are those that name the secret's key; the raw ones stay where it is merged", () => {
	const data = { url: "postgres://{{ .pw | urlquery }}@h", same: '{{ index . "pw" }}', other: "{{ .pw2 }}{{ .x-pw }}" };
	const within = ["url", "same"].map((key) => ({ key, form: "within" }));
	expect(broughtTo(of(template(data)), "db-password")).toEqual(within);
	expect(broughtTo(of(template(data, { mergePolicy: "Merge" })), "db-password")).toEqual([
		{ key: "pw", form: "exact" },
		...within,
	]);
	// A template without data says something of the metadata alone.
	expect(broughtTo(of(template({})), "db-password")).toEqual([{ key: "pw", form: "exact" }]);
});

test("the target is called as the ExternalSecret, where it has no name of its own", () => {
	expect(targetOf(of(), "titanic")).toBe("titanic");
	expect(targetOf(of({ target: { name: "other" } }), "titanic")).toBe("other");
});
