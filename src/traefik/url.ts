// URLs of servers as Traefik parses them.

import { isIPv6 } from './address.ts';
import type { Objection } from './fault.ts';

const HOST = String.raw`(?:[\w.~!$&'()*+,;=-]+|\[[0-9a-fA-F:.]+(?:%25[\w.~-]+)?\])`;

/** Pure. Why the URL cannot work; null if it may. */
export function serverFault(text: string, schemes: readonly string[]): Objection | null {
  const hint = `Write ${schemes[0]}://192.0.2.7:8080.`;
  if (text === '') return { message: 'it has no address', hint };
  const [, scheme = '', port = ''] =
    new RegExp(`^([a-z][a-z0-9+.-]*)://(?:[^/?#@]*@)?${HOST}(?::(\\d*))?(?:[/?#]|$)`, 'i').exec(text) ?? [];
  // Text before @ may be a password.
  if (scheme === '' || !isUrl(text))
    return { message: `"${text.replace(/\/\/[^/]*@/, '//…@')}" is no address of a server`, hint };
  if (!schemes.includes(scheme.toLowerCase()))
    return { message: `${scheme} is not spoken to servers`, hint: `There are ${schemes.join(', ')}.` };
  return Number(port) > 65535 ? { message: `${port} is no port`, hint } : null;
}

/** Pure. Whether Go parses it as URL (net/url). */
export function isUrl(text: string): boolean {
  const [front = '', ...fragment] = text.split('#');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what Go refuses.
  if (/[\x00-\x1f\x7f]/.test(front) || front.startsWith(':') || !escapes(fragment.join('#'))) return false;
  const [, scheme = '', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):)?([^?]*)/is.exec(front) ?? [];
  if (!rest.startsWith('/')) return scheme !== '' || (!/^[^/]*:/.test(rest) && escapes(rest));
  const [, authority, path = ''] =
    /^\/\/(?!\/)([^/]*)(.*)$/s.exec(rest) ?? (scheme === '' ? [] : (/^\/\/()(.*)$/s.exec(rest) ?? []));
  return authority === undefined ? escapes(rest) : isAuthority(scheme.toLowerCase(), authority) && escapes(path);
}

function escapes(text: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(text);
}

function isAuthority(scheme: string, authority: string): boolean {
  const at = authority.lastIndexOf('@');
  const user = authority.slice(0, Math.max(at, 0));
  return /^[A-Za-z0-9._:~!$&'()*+,;=%@-]*$/.test(user) && escapes(user) && isHost(scheme, authority.slice(at + 1));
}

/** The port is optional. */
const PORT = /^(?::[0-9]*)?$/;

function isHost(scheme: string, host: string): boolean {
  const opens = host.lastIndexOf('[');
  if (opens > 0) return false;
  if (opens === 0) {
    const closes = host.lastIndexOf(']');
    const [address = '', ...zone] = host.slice(1, closes).split('%25');
    const isZone =
      zone.length === 0 || (zone.join('') !== '' && isHostText(zone.join('').replaceAll(/%[0-9a-fA-F]{2}/g, '')));
    return closes > 0 && PORT.test(host.slice(closes + 1)) && isIPv6(address) && isZone;
  }
  // For other schemes, Go allows colons in host names for compatibility.
  const colon = scheme === 'http' || scheme === 'https' ? host.indexOf(':') : host.lastIndexOf(':');
  return (colon < 0 || PORT.test(host.slice(colon))) && isHostText(host);
}

/** Only non-ASCII characters may be escaped in host names. */
function isHostText(text: string): boolean {
  return /^(?:[A-Za-z0-9._~!$&'()*+,;=:[\]<>"-]|[\u0080-\uffff]|%(?:25|[89a-fA-F][0-9a-fA-F]))*$/.test(text);
}
