// Addresses and networks as Go parses them: no leading zeros, no zones, no names.

import type { Objection } from './fault.ts';

/** Pure. Why a text is neither an address nor a network; null for a valid one. */
export function addressFault(text: string): Objection | null {
  const [address = '', bits, ...more] = text.split('/');
  const width = isIPv4(address) ? 32 : isIPv6(address) ? 128 : null;
  const isNetwork = bits === undefined || (/^\d{1,7}$/.test(bits) && Number(bits) <= (width ?? 0));
  if (width !== null && isNetwork && more.length === 0) return null;
  return { message: `"${text}" is no address and no network`, hint: 'Write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32.' };
}

function isIPv4(text: string): boolean {
  return /^(?:(?:0|[1-9]\d{0,2})(?:\.(?!$)|$)){4}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}

/** Pure. Without brackets and zone. */
export function isIPv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const embedded = groups.at(-1)?.includes('.') === true && !text.endsWith('::');
  const plain = embedded ? groups.slice(0, -1) : groups;
  if (!plain.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  if (embedded && !isIPv4(groups.at(-1) ?? '')) return false;
  const count = plain.length + (embedded ? 2 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}
