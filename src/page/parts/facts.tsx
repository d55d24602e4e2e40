// Names with what they are.

import type { ComponentChildren } from "preact";

/** @param facts those without a value are left out */
export const Facts = ({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) => (
	<dl class="facts">
		{facts.map(([name, value]) =>
			value === undefined || value === false || value === "" ? null : (
				<div key={name}>
					<dt>{name}</dt>
					<dd>{value}</dd>
				</div>
			),
		)}
	</dl>
);
