// The names that Kustomize gives to what a generator makes: with a hash of its contents, or without (disableNameSuffixHash).
// @see https://github.com/kubernetes-sigs/kustomize, api/hasher/hasher.go

/** Ten of sixteen characters, none of which can be part of a word by accident. */
const hash = /^[2456789bcdfghkmt]{10}$/;

export const isHashed = (name: string, secret: string): boolean =>
	name.startsWith(`${secret}-`) && hash.test(name.slice(secret.length + 1));

export const isMadeFrom = (name: string, secret: string): boolean => name === secret || isHashed(name, secret);
