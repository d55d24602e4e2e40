// Before the first answer.

export const Loading = ({ what }: { what: string }) => (
	<p class="loading" role="status">
		Looking at {what}…
	</p>
);
