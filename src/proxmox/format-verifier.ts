// How a format is tested: a value in, the words of Proxmox's refusal out.

import { wholeMatch } from './perl.ts';

/** Undefined when the value is well formed, else why not. */
export type Verifier = (value: string) => string | undefined;

/** `%s` in the refusal is the value. */
export const matching =
  (pattern: string, refusal: string, flags = ''): Verifier =>
  (value) =>
    wholeMatch(pattern, flags).test(value) ? undefined : refusal.replaceAll('%s', () => value);

export const passing =
  (test: (value: string) => boolean, refusal: string): Verifier =>
  (value) =>
    test(value) ? undefined : refusal.replaceAll('%s', () => value);

/** A label of a domain's name. */
export const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
export const dnsName = matching(`(?:${label}\\.)*${label}`, 'value does not look like a valid DNS name');
export const isDnsName = (value: string): boolean => dnsName(value) === undefined;
