/** What the server needs to know of a kind. */
export interface Resource {
	/** empty for the core group */
	group: string;
	version: string;
	plural: string;
	singular: string;
	kind: string;
	namespaced: boolean;
	shortNames: string[];
	subresources: string[];
	/** `metadata.generation` counts the changes of what the user wants */
	counted: boolean;
	/** from a CustomResourceDefinition: no strategic merge, and its schema prunes and validates */
	schema?: object;
}

export const apiVersionOf = ({ group, version }: Resource) => (group ? `${group}/${version}` : version);

/** Objects are the same in all versions of their group. */
export const keyOf = ({ group, plural }: Resource) => `${plural}.${group}`;
