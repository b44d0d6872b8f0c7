// Validates options of an NFS export as exportfs does (exports(5), support/nfs/exports.c of nfs-utils). It stops reading a file at the first option
// that it refuses and loses every later export, so none is ever written that it would refuse.

import ipaddr from 'ipaddr.js';
import { EXPORT_UUID, EXPORT_WORDS } from '../../../proxmox/files/nfs-exports.ts';

const FLAGS = new Set([
  ...EXPORT_WORDS.flat(),
  'auth_nlm',
  'no_auth_nlm',
  'security_label',
  'nordirplus',
  'mp',
  'mountpoint',
]);

const ID = 'must be a whole number such as 65534';
const PATH = '/[A-Za-z0-9_./+:~-]*';
const PLACES = new RegExp(`^${PATH}@[A-Za-z0-9_.+[\\]-]+(:${PATH}@[A-Za-z0-9_.+[\\]-]+)*$`);
const FOLDER = new RegExp(`^${PATH}$`);

const VALUES: Readonly<Record<string, readonly [fits: (value: string) => boolean, expected: string]>> = {
  anonuid: [isId, ID],
  anongid: [isId, ID],
  fsid: [
    (value) => value === 'root' || (isId(value) && !value.startsWith('-')) || EXPORT_UUID.test(value),
    'must be a whole number, "root" or a UUID',
  ],
  sec: [
    (value) => /^(sys|krb5[ip]?|none|null)(:(sys|krb5[ip]?|none|null))*$/.test(value),
    'must be sys, krb5, krb5i, krb5p or none, or several with colons between them',
  ],
  xprtsec: [
    (value) => /^(none|tls|mtls)(:(none|tls|mtls))*$/.test(value),
    'must be none, tls or mtls, or several with colons between them',
  ],
  refer: [(value) => PLACES.test(value), 'must be places such as /path@host'],
  replicas: [(value) => PLACES.test(value), 'must be places such as /path@host'],
  mp: [(value) => FOLDER.test(value), 'must be a folder'],
  mountpoint: [(value) => FOLDER.test(value), 'must be a folder'],
};

/** Only the canonical decimal form; exportfs would truncate a larger number to 32 bits. */
function isId(value: string): boolean {
  return /^(0|-?[1-9]\d{0,9})$/.test(value) && Math.abs(Number(value)) < 2 ** 31;
}

/** Why exportfs would refuse an option; null when it accepts it. */
export function nfsOptionFault(option: string): string | null {
  const at = option.indexOf('=');
  if (at < 0) return FLAGS.has(option) ? null : 'must be an NFS option such as rw';
  const name = option.slice(0, at);
  const known = Object.hasOwn(VALUES, name) ? VALUES[name] : undefined;
  if (known === undefined) return FLAGS.has(name) ? `must be ${name} alone` : 'must be an NFS option such as rw';
  const [fits, expected] = known;
  return fits(option.slice(at + 1)) ? null : expected;
}

/**
 * Whether exportfs accepts it as a client (client_gettype and client_init of support/export/client.c). What is neither an address nor a network nor a
 * pattern is taken as a name, and for a name that it cannot resolve it exports to nobody.
 */
export function isNfsClient(client: string): boolean {
  if (client.startsWith('@')) return /^@[A-Za-z0-9_.-]+$/.test(client);
  const [address = '', mask, ...rest] = client.split('/');
  if (rest.length > 0) return false;
  if (mask !== undefined) {
    if (ipaddr.IPv4.isValidFourPartDecimal(address)) return isMask(mask, 32);
    return address.includes(':') && ipaddr.IPv6.isValid(address) && isMask(mask, 128);
  }
  if (client.includes(':')) return ipaddr.IPv6.isValid(client);
  if (/[*?[]/.test(client)) return true;
  if (/^[\d.]+$/.test(client)) return ipaddr.IPv4.isValidFourPartDecimal(client);
  return /^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$/.test(client);
}

function isMask(mask: string, most: number): boolean {
  return /^\d{1,3}$/.test(mask) ? Number(mask) <= most : most === 32 && ipaddr.IPv4.isValidFourPartDecimal(mask);
}
