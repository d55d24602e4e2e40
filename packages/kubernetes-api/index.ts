export {
	copy,
	type Fields,
	isFields,
	type KubeObject as Manifest,
	listAt,
	valueAt,
} from "./api-server/objects.ts";
export { jsonPatch } from "./api-server/patch-json.ts";
export { strategicPatch } from "./api-server/patch-strategic.ts";
export {
	type Api,
	ApiError,
	apiOf,
	at,
	isConflict,
	isMissing,
	type KubeObject,
	type Owner,
	type Wire,
} from "./client.ts";
export { type Cluster, startCluster } from "./cluster.ts";
