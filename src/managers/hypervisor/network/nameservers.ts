// The host's own DNS resolvers: the `nameserver` lines of /etc/resolv.conf.

import { fitting } from '../../../model/text.ts';

/** The name servers of a resolv.conf, in order. */
export function nameserversIn(text: string): string[] {
  return [...text.matchAll(/^nameserver[ \t]+(\S+)/gm)].map(([, server = '']) => server);
}

/**
 * The same file with these name servers; its other lines stay as they are.
 *
 * @throws Error for a server that is no address
 */
export function withNameservers(text: string, servers: readonly string[]): string {
  const others = text.split('\n').filter((line) => !/^nameserver\s/.test(line) && line.trim() !== '');
  return `${[...others, ...servers.map((server) => `nameserver ${fitting(server, /^[0-9A-Fa-f.:]+(%[\w.-]+)?$/, 'the list of DNS servers')}`)].join('\n')}\n`;
}
