// The headers by which the lab's Traefik describes a client, as recorded from the real one behind the real nginx
// (test/managers/gateway/traefik-real.test.ts).

import { expect, test } from 'vitest';
import { forwarded } from '../../src/guest/traefik/forwarded.ts';

const GATEWAY = '10.0.0.153';
const TOLD = {
  host: 'a.example',
  'x-forwarded-for': '10.0.0.77',
  'x-forwarded-proto': 'https',
  'x-forwarded-port': '443',
  'x-real-ip': '10.0.0.77',
};

test.each([[[GATEWAY]], [['192.0.2.0/24', '10.0.0.0/24']]])('who is trusted by %j is believed', (trusted) => {
  expect(forwarded(GATEWAY, { trusted, trustsAll: false }, TOLD, false)).toMatchObject({
    'x-forwarded-for': `10.0.0.77, ${GATEWAY}`,
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '443',
    'x-real-ip': '10.0.0.77',
  });
});

test.each([[[]], [['10.0.0.15']], [['10.0.1.0/24']]])('whom %j does not hold is not believed', (trusted) => {
  expect(forwarded(GATEWAY, { trusted, trustsAll: false }, TOLD, false)).toMatchObject({
    'x-forwarded-for': GATEWAY,
    'x-forwarded-proto': 'http',
    'x-forwarded-port': '80',
    'x-real-ip': GATEWAY,
  });
});

test('a missing header is replaced by the observed address, and another spelling of a header does not count', () => {
  const given = { host: 'a.example', x_forwarded_for: '6.6.6.6' };
  expect(forwarded('10.0.0.9', { trusted: [GATEWAY], trustsAll: false }, given, true)).toEqual({
    host: 'a.example',
    'x-forwarded-for': '10.0.0.9',
    'x-forwarded-host': 'a.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '443',
    'x-real-ip': '10.0.0.9',
  });
});
