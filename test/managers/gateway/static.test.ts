// Traefik's static configuration: who owns a file, its content, and missing entry points.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { isOurs, missingEntryPoints, renderStatic } from '../../../src/managers/gateway/traefik/static.ts';
import { traefikSpec } from '../../../src/managers/gateway/traefik/traefik-spec.ts';
import { textDigest } from '../../../src/managers/guest/digest.ts';
import { environmentOf } from './environment.ts';

const FEATURE = readFileSync(new URL('../../../etc/features/traefik/install.sh', import.meta.url), 'utf8');
const first = /traefik\.yml <<'CONF'\n(.*?)^CONF$/ms.exec(FEATURE)?.[1] ?? '';
const file = (text: string | null) => ({
  current: text === null ? null : textDigest(text),
  proven: null,
  started: null,
  text: text ?? '',
});
/** As the feature wrote it before and after it had `websecure`. */
const SHIPPED = ['', '  websecure:\n    address: ":443"\n'].map(
  (more) =>
    `entryPoints:\n  web:\n    address: ":80"\n${more}  traefik:\n    address: "127.0.0.1:8080"\nproviders:\n  file:\n    directory: /etc/traefik/dynamic\n    watch: true\napi: {}\nping: {}\nlog:\n  level: INFO\n`,
);

test('the feature writes a complete static file with the mark while no gateway is known', () => {
  const known = parse(renderStatic(null));
  for (const name of ['web', 'websecure']) delete known.entryPoints[name].transport;
  expect(parse(first)).toEqual(known);
  expect(isOurs(file(first))).toBe(true);
});

test('trusts only the gateway, and serves the API on loopback only', () => {
  const { entryPoints, api } = parse(renderStatic('10.0.0.153'));
  expect(api).toEqual({ insecure: true });
  expect(entryPoints.traefik).toEqual({ address: '127.0.0.1:8080' });
  for (const name of ['web', 'websecure']) {
    expect(entryPoints[name].forwardedHeaders).toEqual({ trustedIPs: ['10.0.0.153'] });
    expect(entryPoints[name].transport.respondingTimeouts.readTimeout).toBe('3600s');
  }
  expect(renderStatic(null)).not.toContain('trustedIPs');
});

test.each([
  ['10.0.0.12/24', '10.0.0.153/24', 'fd00::153/64', '10.0.0.153'],
  ['fd00::12/64', '10.0.0.153/24', 'fd00::153/64', 'fd00:0:0:0:0:0:0:153'],
  ['fd00::12/64', '10.0.0.153/24', null, '10.0.0.153'],
])('for a proxy at %s, trusts the address that a gateway at %s and %s speaks from', (proxy, ip, ip6, trusted) => {
  const config = environmentOf();
  const lxc = config.lxc.map((guest) => {
    if (guest.role === 'gateway') return { ...guest, network: { ...guest.network, ip, ip6 } };
    return guest.role === 'proxy' ? { ...guest, network: { ...guest.network, ip: proxy } } : guest;
  });
  expect(traefikSpec({ ...config, lxc })?.spec.gateway).toBe(trusted);
});

test('manages a file with the mark, one that a feature shipped, and a missing one; nothing else', () => {
  for (const text of [renderStatic('10.0.0.153'), `${renderStatic(null)}more: {}\n`, ...SHIPPED, null])
    expect(isOurs(file(text)), text ?? 'none').toBe(true);
  for (const text of ['', ...SHIPPED.map((each) => `${each}accessLog: {}\n`), `\n${renderStatic(null)}`])
    expect(isOurs(file(text)), text).toBe(false);
});

describe('an entry point', () => {
  const right = { name: 'web', trusted: ['10.0.0.153'], trustsAll: false, readSeconds: 3600 };

  test.each([
    [right],
    [{ ...right, trusted: ['192.0.2.0/24', '10.0.0.0/24'] }],
    [{ ...right, trusted: [], trustsAll: true }],
    [{ ...right, readSeconds: 0 }],
    [{ ...right, name: 'traefik', trusted: [], readSeconds: 60 }],
  ])('%j is complete', (entryPoint) => {
    expect(missingEntryPoints([entryPoint], '10.0.0.153')).toEqual([]);
  });

  test.each([
    [{ ...right, trusted: [] }, 'entryPoints.web.forwardedHeaders.trustedIPs does not hold 10.0.0.153'],
    [{ ...right, trusted: ['10.0.0.15', '10.0.1.0/24', 'nonsense'] }, 'does not hold 10.0.0.153'],
    [{ ...right, readSeconds: 60 }, 'readTimeout is 60 seconds'],
  ])('%j is incomplete', (entryPoint, words) => {
    expect(missingEntryPoints([entryPoint], '10.0.0.153').join()).toContain(words);
    expect(missingEntryPoints([entryPoint], null)).toEqual([]);
  });
});
