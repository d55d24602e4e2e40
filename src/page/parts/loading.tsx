// Before the first answer.

export const Loading = ({ what }: { what: string }) => (
	<p class="loading" role="status">
		Looking at <bdi>{what}</bdi>…
	</p>
);
