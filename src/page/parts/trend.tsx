// Bars, and the same as a table for people who do not see them.

import type { Bar } from "../weeks.ts";

const height = 72;
const step = 40;
const width = 26;
/** So wide it is drawn at least: the picture is scaled to its place, and one bar alone would fill the page. */
const fewest = 12;

interface Shown {
	readonly bars: readonly Bar[];
	readonly what: string;
	/** What is good of it, and what is not. */
	readonly words: readonly [string, string];
}

export function Trend({ bars: weeks, what, words: [good, bad] }: Shown) {
	const most = Math.max(1, ...weeks.map((one) => one.good + one.bad));
	const columns = Math.max(fewest, weeks.length);
	const tall = (count: number) => (count === 0 ? 0 : Math.max(3, (count / most) * height));
	return (
		<figure class="trend">
			<svg viewBox={`0 0 ${columns * step} ${height + 34}`} aria-hidden="true">
				<line x1="0" x2={columns * step} y1={height + 14} y2={height + 14} stroke="var(--line)" />
				{weeks.map(({ from, ...count }, index) => {
					const [left, ground] = [(columns - weeks.length + index) * step + (step - width) / 2, height + 14];
					const [whole, well] = [count.good + count.bad, tall(count.good)];
					const top = ground - well - tall(count.bad);
					return (
						<g key={from}>
							<rect x={left} width={width} y={ground - well} height={well} fill="var(--good)" />
							<rect x={left} width={width} y={top} height={tall(count.bad)} fill="var(--bad)" />
							{whole > 0 && (
								<text x={left + width / 2} y={top - 4}>
									{whole}
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
				{what}: <span class="key good">{good}</span> <span class="key bad">{bad}</span>
			</figcaption>
			<table class="unseen">
				<caption>{what}</caption>
				<thead>
					<tr>
						<th scope="col">From</th>
						<th scope="col">{good}</th>
						<th scope="col">{bad}</th>
					</tr>
				</thead>
				<tbody>
					{weeks.map(({ from, ...count }) => (
						<tr key={from}>
							<th scope="row">{from}</th>
							<td>{count.good}</td>
							<td>{count.bad}</td>
						</tr>
					))}
				</tbody>
			</table>
		</figure>
	);
}
