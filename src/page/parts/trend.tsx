// Bars of twelve weeks, and the same as a table for who does not see them.

import type { Week } from "../weeks.ts";

const height = 72;
const step = 40;
const width = 26;

export function Trend({ weeks }: { weeks: readonly Week[] }) {
	const most = Math.max(1, ...weeks.map(({ good, bad }) => good + bad));
	const tall = (count: number) => (count === 0 ? 0 : Math.max(3, (count / most) * height));
	return (
		<figure class="trend">
			<svg viewBox={`0 0 ${weeks.length * step} ${height + 34}`} aria-hidden="true">
				<line x1="0" x2={weeks.length * step} y1={height + 14} y2={height + 14} stroke="var(--line)" />
				{weeks.map(({ from, good, bad }, index) => {
					const [left, ground] = [index * step + (step - width) / 2, height + 14];
					const count = good + bad;
					return (
						<g key={from}>
							<rect x={left} width={width} y={ground - tall(good)} height={tall(good)} fill="var(--good)" />
							<rect x={left} width={width} y={ground - tall(good) - tall(bad)} height={tall(bad)} fill="var(--bad)" />
							{count > 0 && (
								<text x={left + width / 2} y={ground - tall(good) - tall(bad) - 4}>
									{count}
								</text>
							)}
							{index % 2 === (weeks.length - 1) % 2 && (
								<text x={left + width / 2} y={height + 29}>
									{from.slice(5)}
								</text>
							)}
						</g>
					);
				})}
			</svg>
			<figcaption>
				Runs that ended, by week: <span class="key good">completed</span> <span class="key bad">did not</span>
			</figcaption>
			<table class="unseen">
				<caption>Runs that ended, by week</caption>
				<thead>
					<tr>
						<th scope="col">Week from</th>
						<th scope="col">Completed</th>
						<th scope="col">Did not</th>
					</tr>
				</thead>
				<tbody>
					{weeks.map(({ from, good, bad }) => (
						<tr key={from}>
							<th scope="row">{from}</th>
							<td>{good}</td>
							<td>{bad}</td>
						</tr>
					))}
				</tbody>
			</table>
		</figure>
	);
}
