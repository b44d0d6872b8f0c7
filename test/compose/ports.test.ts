// Ports from compose files, compared with Docker Compose's own library where it is built.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCompose } from '../../src/compose/compose.ts';
import { knownVariables } from '../../src/compose/interpolation.ts';
import { publishedPorts, tcpPorts } from '../../src/compose/ports.ts';
import type { BlobId } from '../../src/model/ids.ts';
import { COMPOSE_LOADER, type LoadedPort, loadedByCompose } from './compose-go.ts';

type Values = Readonly<Record<string, string>>;

function read(text: string) {
  const { compose, diagnostics } = readCompose(
    'docker-compose.yml',
    'b'.repeat(40) as BlobId,
    new TextEncoder().encode(text),
  );
  if (compose === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return compose;
}

const known = (values: Values) =>
  knownVariables(Object.entries(values).map(([name, value]) => ({ name, value, secret: false })));

/** As compose-go lists them: one for each port inside. */
function listed(text: string, values: Values = {}): LoadedPort[] {
  return publishedPorts(read(text), known(values)).flatMap(({ target, published, hostIp, protocol }) =>
    Array.from({ length: target.to - target.from + 1 }, (_, index) => {
      const isOneOfSeveral = published !== null && published.to - published.from !== target.to - target.from;
      const port =
        published === null ? null : isOneOfSeveral ? `${published.from}-${published.to}` : `${published.from + index}`;
      return {
        target: target.from + index,
        ...(port === null ? {} : { published: port }),
        ...(hostIp === null ? {} : { host_ip: hostIp }),
        protocol,
      };
    }),
  );
}

const withPorts = (...ports: string[]): string =>
  `services:\n  a:\n    image: x\n    ports:\n${ports.map((port) => `      - ${port}\n`).join('')}`;

test.each<[string, LoadedPort[]]>([
  ['80', [{ target: 80, protocol: 'tcp' }]],
  ['0120', [{ target: 80, protocol: 'tcp' }]],
  ['22:22', [{ target: 22, published: '22', protocol: 'tcp' }]],
  ['"8080:80"', [{ target: 80, published: '8080', protocol: 'tcp' }]],
  ['127.0.0.1::5000', [{ target: 5000, host_ip: '127.0.0.1', protocol: 'tcp' }]],
  ['"127.0.0.1:8001:80/udp"', [{ target: 80, published: '8001', host_ip: '127.0.0.1', protocol: 'udp' }]],
  ['"[::1]:80:81/UDP"', [{ target: 81, published: '80', host_ip: '::1', protocol: 'udp' }]],
  ['"::80"', [{ target: 80, protocol: 'tcp' }]],
  ['9000-9005:90', [{ target: 90, published: '9000-9005', protocol: 'tcp' }]],
  [
    '3000-3001:4000-4001',
    [
      { target: 4000, published: '3000', protocol: 'tcp' },
      { target: 4001, published: '3001', protocol: 'tcp' },
    ],
  ],
  [`"$${'{BIND:-127.0.0.1:}'}8080:80"`, [{ target: 80, published: '8080', host_ip: '127.0.0.1', protocol: 'tcp' }]],
  [
    '{target: 80, published: "8000-8010", host_ip: "10.0.0.1"}',
    [{ target: 80, published: '8000-8010', host_ip: '10.0.0.1', protocol: 'tcp' }],
  ],
  [
    '{target: 80, published: 8081, protocol: udp, mode: host, app_protocol: http}',
    [{ target: 80, published: '8081', protocol: 'udp' }],
  ],
  ['{target: 80}', [{ target: 80, protocol: 'tcp' }]],
])('%s is read as Docker reads it', (port, expected) => {
  expect(listed(withPorts(port))).toEqual(expected);
});

describe('a service that publishes a port is reached', () => {
  const ports = (port: string, more = '') => tcpPorts(read(withPorts(port) + more), 'a', known({ PORT: '8080' }));

  test('at no port when something else chooses it', () => {
    expect(ports('127.0.0.1::5000')).toEqual([{ target: 5000, published: null, onLoopback: true }]);
    expect(ports('"0:5000"')).toEqual([{ target: 5000, published: null, onLoopback: false }]);
    expect(ports('9000-9005:90')).toEqual([{ target: 90, published: null, onLoopback: false }]);
    expect(ports('"53:53/udp"')).toEqual([]);
  });

  test('at the value of its variable, and at no port when that is unknown', () => {
    expect(ports(`"$${'{PORT}'}:80"`)).toEqual([{ target: 80, published: 8080, onLoopback: false }]);
    expect(ports(`"$${'{OTHER}'}:80"`)).toEqual([]);
  });

  test('at the port where it listens, in the network of the VM', () => {
    expect(ports('8080:80', '    network_mode: host\n')).toEqual([{ target: 80, published: 80, onLoopback: false }]);
  });

  test('only if it starts', () => {
    const file = `${withPorts('8080:80')}    profiles: [debug]\n`;
    expect(tcpPorts(read(file), 'a', known({}))).toEqual([]);
    expect(tcpPorts(read(file), 'a', known({ COMPOSE_PROFILES: 'other, debug' }))).toHaveLength(1);
  });

  test('at the ports that it inherits from another service', () => {
    const file = `${withPorts('8080:80')}  b:\n    extends: a\n    ports: ["81:81"]\n`;
    const taken = tcpPorts(read(file), 'b', known({})).map(({ published }) => published);
    expect(taken.sort()).toEqual([8080, 81]);
  });
});

test.skipIf(COMPOSE_LOADER === undefined)('any port that compose accepts is read as compose reads it', () => {
  const number = fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.constantFrom(80, 443, 8080)).map(String);
  const range = fc
    .tuple(fc.integer({ min: 1, max: 65000 }), fc.integer({ min: 0, max: 4 }))
    .map(([from, more]) => `${from}-${from + more}`);
  const port = fc.oneof(
    number,
    range,
    fc.constantFrom('', '0', `$${'{PORT}'}`, `$${'{NONE:-81}'}`, `$${'{PORT:+82}'}`),
  );
  const address = fc.constantFrom('', '127.0.0.1', '0.0.0.0', '[::1]', '::', `$${'{IP}'}`, `$${'{NONE-10.0.0.1}'}`);
  const protocol = fc.constantFrom('', '/tcp', '/udp', '/UDP', '/sctp', '/');
  const short = fc
    .oneof(
      fc.tuple(address, port, port, protocol).map(([ip, out, inside, over]) => `${ip}:${out}:${inside}${over}`),
      fc.tuple(port, port, protocol).map(([out, inside, over]) => `${out}:${inside}${over}`),
      fc.tuple(port, protocol).map(([inside, over]) => `${inside}${over}`),
    )
    .map((text) => JSON.stringify(text));
  const bare = fc.constantFrom('80', '0120', '8_080', '0x50', '22:22', '8080:80', '0b101');
  const long = fc
    .tuple(number, fc.option(port, { nil: undefined }), fc.constantFrom('tcp', 'udp'))
    .map(([target, published, over]) =>
      JSON.stringify({
        target: Number(target),
        ...(published === undefined || published === '' ? {} : { published }),
        protocol: over,
      }),
    );
  const files = fc.sample(fc.array(fc.oneof(short, short, bare, long), { minLength: 1, maxLength: 2 }), {
    numRuns: 1500,
    seed: 20261128,
  });
  const variables = { PORT: '8090', IP: '10.0.0.7' };
  const answers = loadedByCompose(files.map((ports) => ({ text: withPorts(...ports), variables })));
  const sorted = (ports: readonly LoadedPort[]) =>
    [
      ...new Set(
        ports.map(({ target, published = '', host_ip = '', protocol }) =>
          [target, published.replace(/^0$|^(\d+)-\1$/, '$1'), host_ip, protocol].join(' '),
        ),
      ),
    ].sort();
  let compared = 0;
  for (const [at, ports] of files.entries()) {
    const service = answers[at]?.model?.services['a'];
    if (service === undefined) continue;
    compared += 1;
    expect(sorted(listed(withPorts(...ports), variables)), ports.join(' ')).toEqual(sorted(service.ports ?? []));
  }
  expect(compared).toBeGreaterThan(500);
});
