// ifreload and ip of the node.

import type { Program } from '../../proxmox/programs.ts';
import { failed, ok } from '../../tree/tree.ts';
import { declaredLinks, kernelLinks, setKernelLinks } from './links.ts';

const RELOAD_OPTIONS = new Set(['-a', '--all', '-s', '--syntax-check', '-v', '--verbose', '-d', '--debug']);

/** Answers `ifreload -a [--syntax-check]`. Errors are reported and skipped; everything else is applied. */
export const ifreload: Program = (node, argv) => {
  const stray = argv.find((word) => !RELOAD_OPTIONS.has(word));
  if (stray !== undefined) return failed(`ifreload: error: unrecognized arguments: ${stray}`, 2);
  if (!argv.includes('-a') && !argv.includes('--all')) {
    return failed('ifreload: error: one of the arguments -a/--all -c/--currently-up --allow is required', 2);
  }
  const { links, faults } = declaredLinks(node);
  if (!argv.includes('-s') && !argv.includes('--syntax-check')) setKernelLinks(node, links);
  return faults.length === 0 ? ok() : failed(faults.map((fault) => `error: ${fault}`).join('\n'));
};

/** Answers `ip -j address show`. */
export const ip: Program = (node, argv) => {
  const line = argv.join(' ');
  if (!/^(-j|-json) (a|addr|address)( show)?$/.test(line))
    return failed(`Command "${line}" is unknown, try "ip help".`);
  const shown = Object.entries(kernelLinks(node)).map(([name, { mtu, addresses }], index) => ({
    ifindex: index + 1,
    ifname: name,
    flags: name === 'lo' ? ['LOOPBACK', 'UP', 'LOWER_UP'] : ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
    mtu,
    operstate: name === 'lo' ? 'UNKNOWN' : 'UP',
    addr_info: addresses.map((each) => {
      const [local = '', prefix = ''] = each.split('/');
      const v6 = local.includes(':');
      const prefixlen = prefix === '' ? (v6 ? 128 : 32) : Number(prefix);
      return { family: v6 ? 'inet6' : 'inet', local, prefixlen, scope: name === 'lo' ? 'host' : 'global' };
    }),
  }));
  return ok(JSON.stringify(shown));
};
