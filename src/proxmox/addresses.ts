// IP addresses as validated by Proxmox: strict patterns for guests, and the looser blocks and ranges of firewall rules, with their error messages.
import { splitOn, wholeMatch } from './parameters/perl.ts';

const octet = '(?:25[0-5]|(?:2[0-4]|1[0-9]|[1-9])?[0-9])';
const IPV4 = `(?:(?:${octet}\\.){3}${octet})`;
const h16 = '(?:[0-9a-fA-F]{1,4})';
const ls32 = `(?:${IPV4}|${h16}:${h16})`;
/** Up to `most` groups, the last without colon. */
const before = (most: number): string => (most === 0 ? '' : `(?:(?:${h16}:){0,${most - 1}}${h16})?`);
const IPV6 = `(?:${[
  `(?:${h16}:){6}${ls32}`,
  ...[5, 4, 3, 2, 1, 0].map((after) => `${before(5 - after)}::(?:${h16}:){${after}}${ls32}`),
  `${before(6)}::${h16}`,
  `${before(7)}::`,
].join('|')})`;

export const isIpv4 = (text: string): boolean => wholeMatch(IPV4).test(text);
export const isIpv6 = (text: string): boolean => wholeMatch(IPV6).test(text);
export const isIp = (text: string): boolean => isIpv4(text) || isIpv6(text);

const IPV4_NETWORK = `${IPV4}/(\\d+)`;
const IPV6_NETWORK = `${IPV6}/(\\d+)`;

/** A network in CIDR notation; prefixes shorter than 8 bits are rejected. */
export function isCidr(text: string, version: 4 | 6): boolean {
  const length = Number(wholeMatch(version === 4 ? IPV4_NETWORK : IPV6_NETWORK).exec(text)?.[1] ?? 0);
  return length > 7 && length <= (version === 4 ? 32 : 128);
}

/** The IP version of an address, block or range in a firewall rule, or why it is invalid. */
export type Block = { readonly version: 4 | 6 } | { readonly error: string };

function versionOf(address: string): Block {
  const problem = address.includes(':') ? undefined : ipv4Problem(address);
  if (!address.includes(':')) return problem === undefined ? { version: 4 } : { error: problem };
  const other = ipv6Problem(address);
  return other === undefined ? { version: 6 } : { error: other };
}

function ipv4Problem(address: string): string | undefined {
  if (!wholeMatch('[\\d.]+').test(address)) return `Invalid chars in IP ${address}`;
  if (address.startsWith('.')) return `Invalid IP ${address} - starts with a dot`;
  if (address.endsWith('.')) return `Invalid IP ${address} - ends with a dot`;
  const quads = address.split('.');
  if (quads.length > 4) return `Invalid IP address ${address}`;
  if (quads.includes('')) return `Empty quad in IP address ${address}`;
  const wrong = quads.find((quad) => Number(quad) >= 256);
  if (wrong !== undefined) return `Invalid quad in IP address ${address} - ${wrong}`;
  return quads.some((quad) => quad.length > 3) ? `Not a valid IPv4 address ${address}` : undefined;
}

function ipv6Problem(address: string): string | undefined {
  const colons = address.split(':').length - 1;
  if (colons > 7) return '';
  const groups = splitOn(address, ':');
  const endsInIpv4 =
    colons === groups.length - 1 &&
    ipv4Problem(groups.at(-1) ?? '') === undefined &&
    (groups.at(-1) ?? '').includes('.');
  const hexadecimal = endsInIpv4 ? groups.slice(0, -1) : groups;
  if (!hexadecimal.every((group) => group === '' || /^[a-f\d]{1,4}$/i.test(group)))
    return `Invalid IP address ${address}`;
  if (/^:[^:]/.test(address)) return `Invalid address ${address} (starts with :)`;
  if (/[^:]:$/.test(address)) return `Invalid address ${address} (ends with :)`;
  const pairs = address.match(/:(?=:)/g)?.length ?? 0;
  if (pairs > 1) return `Invalid address ${address.replaceAll(/:(?=:)/g, ':')} (More than one :: pattern)`;
  return colons + (endsInIpv4 ? 1 : 0) !== 7 && pairs === 0 ? `Invalid number of octets ${address}` : undefined;
}

/** The bits of a valid address, most significant first. */
export function bitsOf(address: string, version: 4 | 6): string {
  if (version === 4) {
    const quads = [...address.split('.'), '0', '0', '0'].slice(0, 4);
    return quads.map((quad) => Number(quad).toString(2).padStart(8, '0')).join('');
  }
  const embedded = /^(.*:)([\d.]+\.[\d.]+)$/.exec(address);
  if (embedded !== null) return bitsOf(`${embedded[1]}0:0`, 6).slice(0, 96) + bitsOf(embedded[2] ?? '', 4);
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined
      ? before
      : [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
  return groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('');
}

/** Parses `address`, `address/length` or `first-last`. */
export function readBlock(text: string): Block {
  const [, network, prefix] = /^(\S+?)\/(\S+)$/.exec(text) ?? [];
  if (network !== undefined && prefix !== undefined) {
    const block = versionOf(network);
    if ('error' in block || !/^\d+$/.test(prefix)) return block;
    const bits = bitsOf(network, block.version);
    const length = Number(prefix);
    if (length > bits.length) return { error: `Prefix length ${prefix} is longer than IP address (${bits.length})` };
    return /^0*$/.test(bits.slice(length)) ? block : { error: `Invalid prefix ${bits}/${prefix}` };
  }
  const [, first, last] = /^(.+?)\s*-\s*(.+)$/.exec(text) ?? [];
  if (first === undefined || last === undefined) return versionOf(text);
  const low = versionOf(first);
  if ('error' in low) return low;
  if (low.version === 4 && !last.split('.').every((quad) => /^\d{1,3}$/.test(quad)))
    return { error: `Not a valid IPv4 address ${last}` };
  const [begin, end] = low.version === 4 ? [fourQuads(first), fourQuads(last)] : [first, last];
  const high = versionOf(end);
  if ('error' in high) return high;
  if (low.version !== high.version)
    return { error: `Begin and End addresses have different IP versions - ${begin} - ${end}` };
  return bitsOf(begin, low.version) <= bitsOf(end, high.version)
    ? low
    : { error: `Begin address is greater than End address ${begin} - ${end}` };
}

/** Completes omitted parts of an IPv4 address and removes leading zeros. */
const fourQuads = (address: string): string => [...address.split('.'), '0', '0', '0'].slice(0, 4).map(Number).join('.');
