// Names in a row, each by itself whatever its script.

import { Fragment } from "preact";

export const Names = ({ names }: { names: readonly string[] }) => (
	<>
		{names.map((name, index) => (
			<Fragment key={name}>
				{index > 0 && ", "}
				<bdi>{name}</bdi>
			</Fragment>
		))}
	</>
);
