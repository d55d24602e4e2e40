// Times: how long ago, as people say it; which one, in UTC, at a touch of the pointer and for machines.

import { useEffect, useState } from "preact/hooks";
import { agoText, timeText } from "../words.ts";

/** The time, looked at every so many seconds. */
export function useNow(seconds: number): number {
	const [now, setNow] = useState(Date.now);
	useEffect(() => {
		const timer = setInterval(() => setNow(Date.now()), seconds * 1000);
		return () => clearInterval(timer);
	}, [seconds]);
	return now;
}

export function Ago({ iso }: { iso: string }) {
	const now = useNow(10);
	return (
		<time dateTime={iso} title={timeText(iso)}>
			{agoText(iso, now)}
		</time>
	);
}

export const Day = ({ iso }: { iso: string }) => (
	<time class="day" dateTime={iso} title={timeText(iso)}>
		{iso.slice(0, 10)}
	</time>
);
