// Names, hosts and clock of the node by the API (pve-manager, PVE/API2/Nodes.pm): they are written at once.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isZone, setZone, zoneOf } from '../../host/timedatectl.ts';
import { answersOf } from '../answers.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { text } from '../verb-parameters.ts';

const RESOLVER = '/etc/resolv.conf';
const HOSTS = '/etc/hosts';

/** Answers a call on them; undefined for any other call. */
export const nodeSettingsCall = answersOf({
  'GET /nodes/{node}/dns': ({ node }) => {
    const [, search] = /^search (.+)$/m.exec(contentOf(node, RESOLVER)) ?? [];
    const servers = [...contentOf(node, RESOLVER).matchAll(/^nameserver (\S+)/gm)].slice(0, 3);
    return {
      ...Object.fromEntries(servers.map(([, address], index) => [`dns${index + 1}`, address])),
      ...(search === undefined ? {} : { search }),
    };
  },
  // Servers that are not given go.
  'PUT /nodes/{node}/dns': ({ node }, parameters) => {
    const servers = ['dns1', 'dns2', 'dns3'].flatMap((name) => text(parameters, name) ?? []);
    const lines = [`search ${text(parameters, 'search')}`, ...servers.map((address) => `nameserver ${address}`)];
    replaceFile(pathOf(node, RESOLVER), lines.map((line) => `${line}\n`).join(''));
  },
  'GET /nodes/{node}/hosts': ({ node }) => {
    const data = contentOf(node, HOSTS);
    return { data, digest: digestOf(data) };
  },
  'POST /nodes/{node}/hosts': ({ node }, parameters) => {
    const digest = text(parameters, 'digest');
    if (digest !== undefined && digest !== digestOf(contentOf(node, HOSTS)))
      refuse('detected modified configuration - file changed by other user? Try again.');
    replaceFile(pathOf(node, HOSTS), text(parameters, 'data') ?? '');
  },
  'GET /nodes/{node}/time': ({ node }) => {
    const time = Math.floor(Date.now() / 1000);
    return { localtime: time, time, timezone: zoneOf(node) };
  },
  'PUT /nodes/{node}/time': ({ node }, parameters) => {
    const zone = text(parameters, 'timezone') ?? '';
    if (!isZone(zone)) refuseParameters({ timezone: 'No such timezone' });
    setZone(node, zone);
  },
});

function contentOf(node: LabNode, path: string): string {
  const file = pathOf(node, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function digestOf(content: string): string {
  return createHash('sha1').update(content).digest('hex');
}
