// A gateway, a proxy, an authority and a Docker host with one stack, for tests of the gateways.

import type { Certificate } from '../../../src/managers/certificate/declared.ts';
import type { Config } from '../../../src/managers/config.ts';
import type { LxcGuest } from '../../../src/managers/lxc/declared.ts';
import type { Stack } from '../../../src/managers/stack/declared.ts';
import { emptyCompose } from '../../../src/managers/stack/read.ts';
import { container, environment, feature, machine } from '../guests.ts';

export const GATEWAY = '10.0.0.153';
export const PROXY = '10.0.0.12';
export const NAMES = ['nginx.example.internal', 'qdrant.example.internal', 'ca.example.internal'];

const network = (address: string): LxcGuest['network'] => ({ ...container(101).network, ip: `${address}/24` });
const AT = { file: 'etc/certificate-manifest.json', path: '/0' };

/** @param own `acme`: the names of stacks have a certificate that is issued through the gateway; `more`: one more name */
export function environmentOf(
  own: { readonly acme?: boolean; readonly more?: boolean; readonly labels?: readonly string[] } = {},
): Config {
  const guests = [
    container(101, {
      role: 'gateway',
      network: network(GATEWAY),
      traefikService: { name: 'nginx', port: 443, scheme: 'https' },
      mountPoints: [mount('/tank/101/ssl', '/etc/nginx/ssl')],
    }),
    container(102, {
      role: 'proxy',
      network: network(PROXY),
      features: [feature('trusted_ca')],
      mountPoints: [mount('/tank/102/certs', '/etc/traefik/certs')],
    }),
    container(103, {
      role: 'ca',
      network: network('10.0.0.10'),
      traefikService: { name: 'ca', port: 9000, scheme: 'https' },
    }),
    machine(1002, {
      network: { ...machine(1002).network, ip: '10.0.0.102/24' },
      traefikService: own.more ? { name: 'more', port: 80, scheme: 'http' } : null,
      stacks: [{ name: 'qdrant', environment: 'production' }],
    }),
  ];
  const config = environment(...guests);
  const names = own.more ? [...NAMES, 'more.example.internal'] : NAMES;
  return {
    ...config,
    stacks: new Map([['qdrant', stackOf(own.labels ?? LABELS)]]),
    certificates: own.acme
      ? [certificate('acme', NAMES.slice(1), 'acme'), certificate('web', NAMES.slice(0, 1), 'jwk')]
      : [certificate('web', names, 'jwk')],
  };
}

const LABELS = [
  'traefik.enable=true',
  'traefik.http.routers.qdrant.rule=Host(`qdrant.example.internal`)',
  'traefik.http.routers.qdrant.entrypoints=websecure',
  'traefik.http.services.qdrant.loadbalancer.server.port=6333',
];

function mount(hostPath: string, containerPath: string) {
  return { hostPath, containerPath, ownerUid: 0, ownerGid: 0, readOnly: false };
}

function certificate(file: string, sans: readonly string[], issuer: Certificate['issuer']): Certificate {
  return {
    writtenAt: AT,
    commonName: sans[0] ?? '',
    sans,
    certPath: `/tank/101/ssl/${file}.crt`,
    keyPath: `/tank/101/ssl/${file}.key`,
    owner: 'root',
    group: 'root',
    mode: 0o640,
    issuer,
    lifetimeSeconds: null,
    hook: null,
  };
}

function stackOf(labels: readonly string[]): Stack {
  const writtenAt = { file: 'stacks/qdrant/phoenix.json', path: '' };
  return {
    name: 'qdrant',
    writtenAt,
    description: null,
    compose: {
      ...emptyCompose(''),
      services: ['qdrant'],
      ports: [{ service: 'qdrant', written: '6333:6333', onHost: false, path: '', line: 1, column: 1 }],
    },
    environments: {
      production: { writtenAt, variables: [], files: [], traefikLabels: { qdrant: labels }, firewallRules: [] },
    },
  };
}

/** The static file as the feature wrote it before gateway/traefik managed it: it serves the API nowhere. */
export const OLD_STATIC = `entryPoints:
  web:
    address: ":80"
  websecure:
    address: ":443"
  traefik:
    address: "127.0.0.1:8080"
providers:
  file:
    directory: /etc/traefik/dynamic
    watch: true
api: {}
ping: {}
log:
  level: INFO
`;
