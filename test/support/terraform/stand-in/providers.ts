// Providers that know nothing but infra/schema: enough for terraform's own `validate` and, with mocked resources, `test`, where
// the real ones cannot be had. They approve of every value and make nothing. Terraform is told where they listen
// (TF_REATTACH_PROVIDERS) and installs none.

import { join } from "node:path";
import { loadPackageDefinition, Server, ServerCredentials, type ServiceClientConstructor } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { attributesOf, type Kind, namesOf, type Shape, schemas } from "../schema.ts";

const sources = {
	"registry.terraform.io/hashicorp/azurerm": "azurerm",
	"registry.terraform.io/azure/azapi": "azapi",
	"registry.terraform.io/hashicorp/random": "random",
	"registry.terraform.io/hashicorp/time": "time",
};

/** Terraform's words for types, in JSON. */
const types: Record<string, unknown> = {
	text: "string",
	number: "number",
	bool: "bool",
	list: ["list", "string"],
	map: ["map", "string"],
	any: "dynamic",
};

/** An argument that is exported too is what the provider makes of it where it is not given. */
function attributesFor({ required, optional, exports }: Shape): object[] {
	const given = namesOf(optional);
	const computed = namesOf(exports);
	const all = [required, optional, exports].flatMap((names) => attributesOf(names));
	return [...new Map(all)].map(([name, type]) => ({
		name,
		type: Buffer.from(JSON.stringify(types[type] ?? "dynamic")),
		required: !given.includes(name) && !computed.includes(name),
		optional: given.includes(name),
		computed: computed.includes(name),
		write_only: name.endsWith("_wo"),
	}));
}

const blockOf = (shape: Shape, own: readonly object[] = []): object => ({
	attributes: [...own, ...attributesFor(shape)],
	block_types: Object.entries(shape.blocks ?? {}).map(([name, block]) => ({
		type_name: name,
		block: blockOf(block),
		nesting: 2,
		min_items: block.needed ? 1 : 0,
	})),
});

const id = { name: "id", type: Buffer.from('"string"'), computed: true };
const schemasOf = (prefix: string, kind: Kind) =>
	Object.fromEntries(
		schemas
			.flatMap((schema) => Object.entries(schema[kind] ?? {}))
			.filter(([type]) => type.startsWith(`${prefix}_`))
			.map(([type, shape]) => [type, { version: 0, block: blockOf(shape, kind === "ephemeral" ? [] : [id]) }]),
	);

type Answer = (error: null, answer: object) => void;
const nothing = (_: unknown, answer: Answer) => answer(null, {});
const { tfplugin5 } = loadPackageDefinition(
	loadSync(join(import.meta.dirname, "provider.proto"), { keepCase: true }),
) as unknown as { tfplugin5: { Provider: ServiceClientConstructor } };

type Opening = { request: { config: { msgpack: Buffer } } };

/** MessagePack of what was asked for, with `result` a text instead of null. */
const withResult = (config: Buffer): Buffer =>
	Buffer.from(config.toString("latin1").replace("\xa6result\xc0", "\xa6result\xa6random"), "latin1");

function serve(prefix: string): Promise<{ server: Server; port: number }> {
	const server = new Server({ "grpc.max_send_message_length": -1 });
	server.addService(tfplugin5.Provider.service, {
		GetSchema: (_: unknown, answer: Answer) =>
			answer(null, {
				provider: {
					version: 0,
					block: blockOf(schemas.map((schema) => schema.configuration[prefix]).find(Boolean) ?? {}),
				},
				resource_schemas: schemasOf(prefix, "resource"),
				data_source_schemas: schemasOf(prefix, "data"),
				ephemeral_resource_schemas: schemasOf(prefix, "ephemeral"),
			}),
		PrepareProviderConfig: ({ request }: { request: { config: object } }, answer: Answer) =>
			answer(null, { prepared_config: request.config }),
		ValidateResourceTypeConfig: nothing,
		ValidateDataSourceConfig: nothing,
		ValidateEphemeralResourceConfig: nothing,
		Configure: nothing,
		OpenEphemeralResource: ({ request }: Opening, answer: Answer) =>
			answer(null, { result: { msgpack: withResult(request.config.msgpack) } }),
		CloseEphemeralResource: nothing,
		Stop: nothing,
	});
	return new Promise((resolve, reject) => {
		server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
			error ? reject(error) : resolve({ server, port }),
		);
	});
}

export interface StandIns {
	/** For terraform's environment. */
	readonly environment: { readonly TF_REATTACH_PROVIDERS: string };
	stop(): void;
}

export async function standIns(): Promise<StandIns> {
	const served = await Promise.all(
		Object.entries(sources).map(async ([source, prefix]) => ({ source, ...(await serve(prefix)) })),
	);
	// `Test`: terraform leaves the process alone.
	const reattach = served.map(({ source, port }) => [
		source,
		{
			Protocol: "grpc",
			ProtocolVersion: 5,
			Pid: process.pid,
			Test: true,
			Addr: { Network: "tcp", String: `127.0.0.1:${port}` },
		},
	]);
	return {
		environment: { TF_REATTACH_PROVIDERS: JSON.stringify(Object.fromEntries(reattach)) },
		stop: () => {
			for (const { server } of served) server.forceShutdown();
		},
	};
}
