// A version of Key Vault's: its first digits, the whole at a touch.

export const Version = ({ id }: { id: string }) => (
	<code class="version" title={id}>
		{id.slice(0, 8)}
	</code>
);
