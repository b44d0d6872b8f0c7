// Options of objects that Proxmox takes and never reads, because of what is declared beside them.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { RuleContext } from '../../rule.ts';
import type { Datacenter, DeclaredObject } from '../declared.ts';
import { declaredObjects } from '../declared-objects.ts';

/** Options of one kind that nothing reads in a certain case. */
interface IdleRow {
  readonly kind: string;
  /** Names of options; of a property of one, the path to it. */
  readonly options: readonly (string | readonly [string, string])[];
  /** Whether nothing reads them. */
  readonly when: (object: DeclaredObject, datacenter: Datacenter | undefined) => boolean;
  /** The rest of the sentence `it has no effect:`. */
  readonly why: string;
  /** What would give them an effect. */
  readonly remedy: string;
}

const is =
  (option: string, ...values: readonly (Json | undefined)[]) =>
  ({ options }: DeclaredObject): boolean =>
    values.includes(options[option]);

/** An option that is absent. A switch that is written as off is somebody's choice, and what stands beside it waits for it to be on again. */
const isAbsent = (option: string) => is(option, undefined);

const isOtherThan =
  (option: string, value: string) =>
  ({ options }: DeclaredObject): boolean =>
    options[option] !== undefined && options[option] !== value;

/** Both must hold. */
const and =
  (one: IdleRow['when'], other: IdleRow['when']): IdleRow['when'] =>
  (object, datacenter) =>
    one(object, datacenter) && other(object, datacenter);

/** A storage whose declared content has none of these. Which it takes by default depends on its type. */
const takesNone =
  (...contents: readonly string[]) =>
  ({ options: { content } }: DeclaredObject): boolean =>
    Array.isArray(content) && !contents.some((each) => content.includes(each));

/** The zone of a subnet, whose name begins with that of its vnet; undefined where one of the two is not declared. */
function zoneOf({ name }: DeclaredObject, datacenter: Datacenter | undefined): JsonObject | undefined {
  const named = (kind: string, wanted: Json | undefined) =>
    datacenter?.get(kind)?.find((object) => object.name === wanted)?.options;
  return named('zone', named('vnet', name.split('/')[0])?.['zone']);
}

const inZone =
  (test: (zone: JsonObject) => boolean): IdleRow['when'] =>
  (subnet, datacenter) => {
    const zone = zoneOf(subnet, datacenter);
    return zone !== undefined && test(zone);
  };

/** Each row follows what the named source does with the option. A job without `compress` may have one by the node's /etc/vzdump.conf. */
const ROWS: readonly IdleRow[] = [
  // pve-manager, PVE/VZDump.pm, compressor_info
  {
    kind: 'backup',
    options: ['zstd'],
    when: isOtherThan('compress', 'zstd'),
    why: 'it counts the threads of the compression zstd',
    remedy: 'write "compress": "zstd"',
  },
  {
    kind: 'backup',
    options: ['pigz'],
    when: isOtherThan('compress', 'gzip'),
    why: 'it counts the threads of the compression gzip',
    remedy: 'write "compress": "gzip"',
  },
  // The same file, send_notification
  {
    kind: 'backup',
    options: ['mailto', 'mailnotification'],
    when: is('notification-mode', 'notification-system'),
    why: 'the notification system sends what its matchers say',
    remedy: 'write "notification-mode": "legacy-sendmail"',
  },
  // PVE/VZDump/QemuServer.pm and LXC.pm, stop_vm
  {
    kind: 'backup',
    options: ['stopwait'],
    when: is('mode', undefined, 'snapshot', 'suspend'),
    why: 'only the mode "stop" shuts a guest down',
    remedy: 'write "mode": "stop"',
  },
  {
    kind: 'backup',
    options: [['fleecing', 'storage']],
    when: ({ options: { fleecing } }) => (fleecing as JsonObject | undefined)?.['enabled'] === undefined,
    why: 'fleecing is not enabled',
    remedy: 'write "enabled": true beside it',
  },
  // pve-storage, PVE/Storage/LVMPlugin.pm, free_image
  {
    kind: 'storage',
    options: ['saferemove-stepsize', 'saferemove_throughput'],
    when: isAbsent('saferemove'),
    why: 'nothing is overwritten when a volume is removed',
    remedy: 'write "saferemove": true',
  },
  {
    kind: 'storage',
    options: ['prune-backups', 'max-protected-backups'],
    when: and(takesNone('backup'), isOtherThan('type', 'pbs')),
    why: 'the storage takes no backups',
    remedy: 'add "backup" to "content"',
  },
  {
    kind: 'storage',
    options: ['preallocation'],
    when: takesNone('images', 'rootdir', 'import'),
    why: 'the storage takes no disks',
    remedy: 'add "images" to "content"',
  },
  // pve-access-control, PVE/API2/OpenId.pm
  {
    kind: 'realm',
    options: ['groups-autocreate', 'groups-overwrite'],
    when: isAbsent('groups-claim'),
    why: 'no claim says which groups a user has',
    remedy: 'declare "groups-claim"',
  },
  // pve-access-control, PVE/Auth/LDAP.pm and AD.pm
  {
    kind: 'realm',
    options: ['sslversion', 'verify'],
    when: and(isOtherThan('type', 'openid'), is('mode', undefined, 'ldap')),
    why: 'the connection is not encrypted',
    remedy: 'write "mode": "ldaps" or "ldap+starttls"',
  },
  // pve-manager, PVE/Status/InfluxDB.pm
  {
    kind: 'metrics',
    options: ['organization', 'bucket', 'token', 'api-path-prefix', 'verify-certificate', 'max-body-size', 'timeout'],
    when: and(is('type', 'influxdb'), is('influxdbproto', undefined, 'udp')),
    why: 'the figures are sent by UDP',
    remedy: 'write "influxdbproto": "https"',
  },
  {
    kind: 'metrics',
    options: ['verify-certificate'],
    when: and(is('type', 'influxdb'), is('influxdbproto', 'http')),
    why: 'the connection is not encrypted',
    remedy: 'write "influxdbproto": "https"',
  },
  {
    kind: 'metrics',
    options: ['mtu'],
    when: (object) => is('influxdbproto', 'http', 'https')(object) || is('proto', 'tcp')(object),
    why: 'it bounds the packets of UDP',
    remedy: 'send by "udp"',
  },
  // pve-manager, PVE/Status/Graphite.pm
  {
    kind: 'metrics',
    options: ['timeout'],
    when: and(is('type', 'graphite'), is('proto', undefined, 'udp')),
    why: 'the figures are sent by UDP, which waits for nobody',
    remedy: 'write "proto": "tcp"',
  },
  {
    kind: 'metrics',
    options: ['otel-verify-ssl'],
    when: is('otel-protocol', 'http'),
    why: 'the connection is not encrypted',
    remedy: 'write "otel-protocol": "https"',
  },
  {
    kind: 'download',
    options: ['verify-certificates'],
    when: ({ options: { url } }) => String(url).startsWith('http:'),
    why: 'the connection is not encrypted',
    remedy: 'write a URL that begins with https://',
  },
  // pve-ha-manager, PVE/HA/Manager.pm
  {
    kind: 'ha',
    options: ['max_restart', 'max_relocate', 'failback'],
    when: is('state', 'ignored'),
    why: 'the guest is not handled while its state is "ignored"',
    remedy: 'write another state',
  },
  // pve-network, PVE/Network/SDN/Controllers/EvpnPlugin.pm and BgpPlugin.pm
  {
    kind: 'zone',
    options: ['exitnodes-primary', 'exitnodes-local-routing'],
    when: isAbsent('exitnodes'),
    why: 'the zone has no exit nodes',
    remedy: 'declare "exitnodes"',
  },
  {
    kind: 'controller',
    options: ['ebgp-multihop'],
    when: isAbsent('ebgp'),
    why: 'the peers are of the same autonomous system',
    remedy: 'write "ebgp": true',
  },
  // pve-network, PVE/Network/SDN/Subnets.pm, verify_dns_zone and add_dns_record
  {
    kind: 'subnet',
    options: ['dnszoneprefix'],
    when: inZone(({ dns }) => dns === undefined),
    why: 'its zone has no DNS server',
    remedy: 'declare "dns" at the zone',
  },
  // pve-network, PVE/Network/SDN/Vnets.pm and Dhcp.pm; an IPAM other than Proxmox's own takes the ranges for itself.
  {
    kind: 'subnet',
    options: ['dhcp-range', 'dhcp-dns-server'],
    when: inZone(({ dhcp, ipam }) => dhcp === undefined && (ipam === undefined || ipam === 'pve')),
    why: 'its zone hands out no addresses',
    remedy: 'write "dhcp": "dnsmasq" at a zone of type simple',
  },
  // pve-network, PVE/Network/SDN/Zones: only these two plugins read it.
  {
    kind: 'subnet',
    options: ['snat'],
    when: inZone(({ type }) => type !== 'simple' && type !== 'evpn'),
    why: 'only in a zone of type simple or evpn does the host pass packets on',
    remedy: 'use such a zone',
  },
  {
    kind: 'vnetfirewall',
    options: ['rules', 'policy_forward', 'log_level_forward'],
    when: isAbsent('enable'),
    why: 'the firewall of a vnet is off unless it is turned on',
    remedy: 'write "enable": true',
  },
];

/** NO_EFFECT: options of an object that nothing reads. One that is off changes nothing either way, so it is not reported. */
export function optionsHaveAnEffect({ config: { datacenter } }: RuleContext): Diagnostic[] {
  return declaredObjects(datacenter).flatMap(({ row, object }) =>
    ROWS.filter(({ kind, when }) => kind === row.kind && when(object, datacenter)).flatMap(
      ({ options, why, remedy }): Diagnostic[] =>
        options.map(pathOf).flatMap((path) => {
          const value = valueAt(object.written, path);
          if (value === undefined || value === false) return [];
          return [
            {
              code: 'NO_EFFECT',
              at: placeIn(object.writtenAt, ...path),
              message: `"${path.at(-1)}" of the ${row.label} ${object.name} has no effect: ${why}`,
              hint: `Take it out, or ${remedy}.`,
              target: targetId(row.kind, object.name),
            },
          ];
        }),
    ),
  );
}

function pathOf(option: string | readonly [string, string]): readonly string[] {
  return typeof option === 'string' ? [option] : option;
}

function valueAt(object: JsonObject, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((value, key) => (value as JsonObject | undefined)?.[key], object);
}
