// What a recording run finds: every call that passed the seam, by its name, and where in the rotation it stood.

/** An effect of a run: its name, and the how-manieth of that name it is. */
export interface Target {
	readonly effect: string;
	readonly nth: number;
}

export interface Effect extends Target {
	/** The activity or trigger that it belongs to, and which execution of all. */
	readonly in: string;
	readonly execution: number;
	/** Something else was under way when it began. */
	readonly alongside: boolean;
}
