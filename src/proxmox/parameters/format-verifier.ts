// Format verifiers: map a value to Proxmox's error message.

import { isIp } from '../addresses.ts';
import { wholeMatch } from './perl.ts';

/** Undefined for a valid value, else the error message. */
export type Verifier = (value: string) => string | undefined;

/** `%s` in the message is replaced by the value. */
export const matching =
  (pattern: string, refusal: string, flags = ''): Verifier =>
  (value) =>
    wholeMatch(pattern, flags).test(value) ? undefined : refusal.replaceAll('%s', () => value);

export const passing =
  (test: (value: string) => boolean, refusal: string): Verifier =>
  (value) =>
    test(value) ? undefined : refusal.replaceAll('%s', () => value);

/** A DNS label. */
export const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
export const dnsName = matching(`(?:${label}\\.)*${label}`, 'value does not look like a valid DNS name');
export const isDnsName = (value: string): boolean => dnsName(value) === undefined;
/** An IP address or a DNS name of a server; not `0`, which Perl takes for a failed check. */
export const isAddress = (value: string): boolean => value !== '0' && (isIp(value) || isDnsName(value));
