// Metric servers that the nodes report to (pve-manager, PVE/Status).

import { parseSections, withSwitches } from '../../../proxmox/files/section-config.ts';
import type { ObjectRow } from '../row.ts';

export const metricServers: ObjectRow = {
  kind: 'metrics',
  field: 'metric_servers',
  label: 'metric server',
  describes: 'Servers that Proxmox sends its figures to, by name.',
  id: 'id',
  paths: { create: '/cluster/metrics/server/{id}', change: '/cluster/metrics/server/{id}' },
  file: '/etc/pve/status.cfg',
  read: (text) =>
    new Map(
      [...parseSections(text)].map(([id, { type, options }]) => [
        id,
        { ...withSwitches(options, 'POST /cluster/metrics/server/{id}'), type: [type] },
      ]),
    ),
  mark: null,
  // Headers hold secrets, and can only be passed on a command line.
  without: ['otel-headers'],
  required: ['type', 'server', 'port'],
  alwaysSent: ['server', 'port'],
  types: {
    graphite: { required: ['server', 'port'], optional: ['disable', 'mtu', 'path', 'proto', 'timeout'] },
    influxdb: {
      required: ['server', 'port'],
      optional: [
        'api-path-prefix',
        'bucket',
        'disable',
        'influxdbproto',
        'max-body-size',
        'mtu',
        'organization',
        'timeout',
        'verify-certificate',
      ],
    },
    opentelemetry: {
      required: ['server', 'port'],
      optional: [
        'disable',
        'otel-compression',
        'otel-max-body-size',
        'otel-path',
        'otel-protocol',
        'otel-timeout',
        'otel-resource-attributes',
        'otel-verify-ssl',
      ],
    },
  },
  defaults: {
    disable: '0',
    influxdbproto: 'udp',
    'max-body-size': '25000000',
    mtu: '1500',
    'otel-compression': 'gzip',
    'otel-max-body-size': '10000000',
    'otel-path': '/v1/metrics',
    'otel-protocol': 'https',
    'otel-timeout': '5',
    'otel-verify-ssl': '1',
    timeout: '1',
    'verify-certificate': '1',
  },
  oneOf: [],
  clear: 'delete',
  members: [],
  references: {},
  secrets: {
    token: {
      describes: 'Token of an InfluxDB server, by reference',
      refuses: (_name, { type }) => (type === 'influxdb' ? null : 'must only stand at a server of type influxdb'),
      // Over UDP there is no authentication.
      stored: { by: 'options', has: ({ influxdbproto: protocol }) => protocol !== undefined && protocol !== 'udp' },
      // Written where Proxmox itself stores it, since its programs accept it only on a command line.
      setAction: (name, secret) => ({
        kind: 'file',
        path: `/etc/pve/priv/metricserver/${name}.pw`,
        content: { from: 'secret', secret },
        mode: 0o600,
      }),
    },
  },
  lossOnDelete: 'nothing but that figures go there no more',
};
