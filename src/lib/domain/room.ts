// How many new versions a switch makes at most: the live secret, each derived one, and as many on the way back.

export const roomOfSwitch = ({ derived }: { readonly derived: readonly unknown[] }): number => 2 * (1 + derived.length);
