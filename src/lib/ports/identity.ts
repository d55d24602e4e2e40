// Who the app is.

/** What is not known is absent. */
export interface AppIdentity {
	/** The object id of its managed identity: roles are assigned to it, and clusters call it so. */
	readonly objectId?: string;
	/** As infra/ calls the installation (`name`): its role definitions have it in their names. */
	readonly name?: string;
}
