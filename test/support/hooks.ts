/**
 * Where a crash can be simulated: a fake calls them around each thing that changes the world. One that throws "before"
 * is a process that died before it; one that throws "after" died when the world had changed and nobody had been told.
 */
export interface Hooks {
	/** @param effect e.g. `write db-password`, `setPassword titanic_admin` */
	before?(effect: string): void;
	after?(effect: string): void;
}
