// Addresses of servers, as Traefik reaches them.

import type { Unreadable } from './fault.ts';

const HOST = String.raw`(?:[\w.~!$&'()*+,;=-]+|\[[0-9a-fA-F:.]+(?:%25[\w.~-]+)?\])`;

/** Pure. Why nothing is reached by it; null: it may be. */
export function serverFault(text: string, schemes: readonly string[]): Unreadable | null {
  const hint = `Write ${schemes[0]}://192.0.2.7:8080.`;
  if (text === '') return { message: 'it has no address', hint };
  const [, scheme = '', port = ''] =
    new RegExp(`^([a-z][a-z0-9+.-]*)://(?:[^/?#@]*@)?${HOST}(?::(\\d*))?(?:[/?#]|$)`, 'i').exec(text) ?? [];
  // What stands before an @ is a password.
  if (scheme === '') return { message: `"${text.replace(/\/\/[^/]*@/, '//…@')}" is no address of a server`, hint };
  if (!schemes.includes(scheme.toLowerCase()))
    return { message: `${scheme} is not spoken to servers`, hint: `There are ${schemes.join(', ')}.` };
  return Number(port) > 65535 ? { message: `${port} is no port`, hint } : null;
}

/** Pure. Whether Go takes it for a URL at all (net/url), however odd. */
export function isUrl(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what Go refuses.
  if (/[\x00-\x1f\x7f]/.test(text) || text.startsWith(':')) return false;
  const [, scheme, rest = ''] = /^(?:([a-z][a-z0-9+.-]*):)?([^#?]*)/i.exec(text) ?? [];
  const [, authority, path = ''] = /^\/\/([^/]*)(.*)$/s.exec(rest) ?? [undefined, undefined, rest];
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return false;
  if (authority === undefined) return scheme !== undefined || !/^[^/]*:/.test(rest);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (host.startsWith('[')) return /^\[[^\]]*\](:\d*)?$/.test(host);
  return /^[^\s<>"\\^`{|}%[\]]*$/.test(host.replaceAll(/%[8-9a-fA-F][0-9a-fA-F]/g, '')) && /^[^:]*(:\d*)?$/.test(host);
}
