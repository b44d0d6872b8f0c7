// The headers by which a guest's Traefik describes the client to the server behind it (pkg/middlewares/forwardedheaders, version 3.7.9).

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { BlockList } from 'node:net';
import type { EntryPoint } from './static.ts';

/** Pure. Headers of a trusted client are kept, those of others are replaced. @param from address of the client */
export function forwarded(
  from: string,
  { trusted, trustsAll }: Pick<EntryPoint, 'trusted' | 'trustsAll'>,
  given: IncomingHttpHeaders,
  isSecure: boolean,
): OutgoingHttpHeaders {
  const isTrusted = trustsAll || isIn(from, trusted);
  const headers: OutgoingHttpHeaders = Object.fromEntries(
    Object.entries(given).filter(([name]) => isTrusted || !/^x[-_](?:forwarded[-_]|real[-_]ip)/.test(name)),
  );
  const before = headers['x-forwarded-for'];
  return {
    'x-real-ip': from,
    'x-forwarded-proto': isSecure ? 'https' : 'http',
    'x-forwarded-port': isSecure ? '443' : '80',
    'x-forwarded-host': given.host,
    ...headers,
    'x-forwarded-for': before === undefined ? from : `${String(before)}, ${from}`,
  };
}

function isIn(address: string, networks: readonly string[]): boolean {
  const list = new BlockList();
  const family = (text: string): 'ipv4' | 'ipv6' => (text.includes(':') ? 'ipv6' : 'ipv4');
  for (const network of networks) {
    const [base = '', bits] = network.split('/');
    if (bits === undefined) list.addAddress(base, family(base));
    else list.addSubnet(base, Number(bits), family(base));
  }
  return list.check(address, family(address));
}
