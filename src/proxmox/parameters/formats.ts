// The named formats of Proxmox's schemas, with their error messages.

import { privileges } from '../access.ts';
import { isCidr, isIp, isIpv4, isIpv6 } from '../addresses.ts';
import { isCalendarEvent } from '../calendar-event.ts';
import { FIREWALL_FORMATS } from '../firewall/formats.ts';
import { STORAGE_FORMATS } from '../storages/formats.ts';
import { dnsName, isAddress, label, matching, passing, type Verifier } from './format-verifier.ts';
import { splitList, splitOn, wholeMatch } from './perl.ts';
import { configOption, names } from './table.ts';

const interfaceName = matching('[a-z][a-z0-9_]{1,20}([:.]\\d+)?', "invalid network interface name '%s'", 'i');
/** `order=N`, `up=N`, `down=N` in any order; `order=` is optional. Empty and `0` are rejected. */
const startupOrder = passing(
  (value) =>
    value !== '' &&
    value !== '0' &&
    splitOn(value, ',').every((part) => wholeMatch('\\s*|(?:order=)?\\d+|up=\\d+|down=\\d+').test(part)),
  'unable to parse startup options',
);

const cpuset = passing(
  (value) =>
    splitOn(value, ',').every((part) => {
      const [, from, to] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
      return from !== undefined && Number(to ?? from) >= Number(from);
    }),
  'unable to parse cpuset option',
);

const nameserver: Verifier = (value) => {
  const [, address, scope] = /^(fe80:[^%]+)%(.*)$/.exec(value) ?? [];
  if (address !== undefined && isIp(address) && interfaceName(scope ?? '') === undefined) return undefined;
  return isIp(value) ? undefined : 'value does not look like a valid IP address';
};

const vlanOrRange: Verifier = (value) => {
  const [, start, end] = /^(\d+)(?:-(\d+))?\n?$/.exec(value) ?? [];
  if (start === undefined) return `invalid VLAN configuration '${value}'`;
  const wrong = [start, end].find((tag) => tag !== undefined && (Number(tag) < 2 || Number(tag) > 4094));
  if (wrong !== undefined) return `invalid VLAN tag '${wrong}'`;
  return end !== undefined && Number(start) >= Number(end)
    ? `VLAN range must go from lower to higher tag '${value}'`
    : undefined;
};

const physicalBits = passing(
  (value) =>
    wholeMatch('host').test(value) || (wholeMatch('\\d{1,2}').test(value) && Number(value) >= 8 && Number(value) <= 64),
  "value must be an integer between 8 and 64 or 'host'",
);

const isDrive = (value: string): boolean =>
  /^(ide|scsi|virtio|sata)\d+$|^efidisk0$|^tpmstate0$/.test(value) && configOption('qemu', value) !== undefined;
const bootDevice = passing(
  (value) =>
    !/^(efidisk|tpmstate)/.test(value) &&
    (isDrive(value) || (/^(net|usb|hostpci)\d+$/.test(value) && configOption('qemu', value) !== undefined)),
  "invalid boot device '%s'",
);

const hotplug: Verifier = (value) => {
  if (value === '0' || value === '1') return undefined;
  const wrong = splitList(value).find((feature) => !wholeMatch('network|disk|cpu|memory|usb|cloudinit').test(feature));
  return wrong === undefined ? undefined : `invalid hotplug feature '${wrong}'`;
};

const poolId: Verifier = (value) => {
  if (splitOn(value, '/').length > 3) return `pool name '${value}' nested too deeply (max levels = 3)`;
  return wholeMatch('(?:[A-Za-z0-9\\-_.]+)(?:/[A-Za-z0-9\\-_.]+)*').test(value)
    ? undefined
    : `pool name '${value}' contains invalid characters`;
};

/** pve-access-control, PVE/Auth/Plugin.pm. */
const userId: Verifier = (value) => {
  if (value.length < 3) return `user name '${value}' is too short`;
  if (value.length > 64) return `user name '${value}' is too long (${value.length} > 64)`;
  return wholeMatch('[^\\s:/]+@[A-Za-z][A-Za-z0-9.\\-_]+').test(value)
    ? undefined
    : `value '${value}' does not look like a valid user name`;
};

/**
 * Labels separated by dots. @param first pattern of a label's first character
 */
function acmeName(first: string): string {
  return `${first}[a-z0-9_-]*(?:\\.${first}[a-z0-9_-]*)+`;
}

/** pve-common, PVE/ParseUtils.pm, EMAIL_USER_RE and EMAIL_RE. */
const EMAIL_USER = '[\\w+~-]+(?:\\.[\\w+~-]+)*';
const EMAIL = `${EMAIL_USER}@[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)*`;

/** One block with this label, or several, each from a new line. */
function pem(label: string, several: boolean): Verifier {
  const body = '(?:[0-9A-Za-z+/]+\\s*\\n)*[0-9A-Za-z+/]*(?:=\\s*\\n=|={0,2})?\\s*\\n';
  const block = `-----BEGIN ${label}-----\\s*${body}-----END ${label}-----\\s*`;
  const blocks = wholeMatch(several ? `(?:${block}\\n+)*${block}` : block);
  return (value) =>
    blocks.test(value.slice(Math.max(0, value.search(/-----BEGIN .*?-----/))))
      ? undefined
      : 'not a valid PEM-formatted string.';
}

const VERIFIERS: Record<string, Verifier> = {
  ...FIREWALL_FORMATS,
  ...STORAGE_FORMATS,
  'email-or-username': matching(
    `${EMAIL}|${EMAIL_USER}`,
    'value does not look like a valid email address or user name',
  ),
  // pve-common, PVE/Certificate.pm, check_pem: text before the first line of dashes is left out.
  'pem-certificate-chain': pem('CERTIFICATE', true),
  'pem-string': pem('.*?', false),
  'pve-calendar-event': passing(isCalendarEvent, "invalid calendar event '%s'"),
  'pve-day-of-week': matching('mon|tue|wed|thu|fri|sat|sun', "invalid day '%s'"),
  CIDR: passing((value) => isCidr(value, 4) || isCidr(value, 6), 'value does not look like a valid CIDR network'),
  CIDRv4: passing((value) => isCidr(value, 4), 'value does not look like a valid IPv4 CIDR network'),
  CIDRv6: passing((value) => isCidr(value, 6), 'value does not look like a valid IPv6 CIDR network'),
  address: passing(isAddress, 'value does not look like a valid address: %s'),
  'disk-size': matching('(\\d+(\\.\\d+)?)([KMGT](?:iB)?)?', 'value does not look like a valid disk size: %s'),
  'dns-name': dnsName,
  email: matching(EMAIL, 'value does not look like a valid email address'),
  ipv4: passing(isIpv4, 'value does not look like a valid IPv4 address'),
  ipv4mask: passing(
    (value) =>
      isIpv4(value) &&
      /^1*0*$/.test(
        value
          .split('.')
          .map((quad) => Number(quad).toString(2).padStart(8, '0'))
          .join(''),
      ),
    'value does not look like a valid IP netmask',
  ),
  ipv6: passing(isIpv6, 'value does not look like a valid IPv6 address'),
  'lxc-ip-with-ll-iface': nameserver,
  'graphite-path': matching(`(?:${label}\\.)*${label}`, 'value does not look like a valid graphite path'),
  'mac-prefix': matching(
    '[a-f0-9][02468ace](?::[a-f0-9]{2}){0,2}:?',
    'value is not a valid unicast MAC address prefix',
    'i',
  ),
  'mac-addr': matching(
    '[a-f0-9][02468ace](?::[a-f0-9]{2}){5}',
    'value does not look like a valid unicast MAC address',
    'i',
  ),
  // pve-manager, PVE/NodeConfig.pm.
  'pve-acme-alias': matching(acmeName('[a-z0-9_]'), "value '%s' does not look like a valid alias name!", 'i'),
  'pve-acme-domain': matching(acmeName('[a-z0-9]'), "value '%s' does not look like a valid domain name!", 'i'),
  'pve-bridge-id': matching('[-_.\\w\\d]+', "invalid bridge ID '%s'"),
  ip: passing(isIp, 'value does not look like a valid IP address'),
  // pve-network, PVE/Network/SDN/Controllers/Plugin.pm, IsisPlugin.pm and Zones/EvpnPlugin.pm.
  'pve-sdn-isis-net': matching(
    '[a-fA-F0-9]{2}(\\.[a-fA-F0-9]{4}){3,9}\\.[a-fA-F0-9]{2}',
    'value does not look like a valid isis net',
  ),
  'pve-sdn-bgp-rt': passing(
    (value) => /^\d{1,10}:\d{1,10}$/.test(value) && value.split(':').every((part) => Number(part) < 2 ** 32),
    'value does not look like a valid bgp route-target',
  ),
  'pve-sdn-fabric-id': matching(
    '[a-zA-Z0-9][a-zA-Z0-9-]{0,6}[a-zA-Z0-9]?',
    "Fabric ID '%s' contains illegal characters",
  ),
  // pve-network, PVE/Network/SDN/SubnetPlugin.pm: the network, or the name derived from it.
  'pve-sdn-subnet-id': passing((value) => {
    const [, address = '', mask = ''] = value.includes('/') ? ['', ...value.split('/')] : value.split('-');
    return isCidr(`${address}/${mask}`, 4) || isCidr(`${address}/${mask}`, 6);
  }, 'value does not look like a valid CIDR network'),
  'pve-configid': matching('[a-z][a-z0-9_-]+', "invalid configuration ID '%s'", 'i'),
  'pve-cpuset': cpuset,
  'pve-ct-timezone': passing(
    (value) => value === 'host' || value === 'UTC' || names.timeZones.includes(value),
    "invalid time zone '%s'",
  ),
  'pve-groupid': matching('[A-Za-z0-9.\\-_]+', "group name '%s' contains invalid characters"),
  // pve-ha-manager, PVE/HA/Tools.pm.
  'pve-ha-node': matching(
    '[a-zA-Z0-9]([a-zA-Z0-9\\-]*[a-zA-Z0-9])?(:\\d+)?',
    'value does not look like a valid ha node',
  ),
  'pve-ha-resource-id': matching('[a-z]+:\\S+', 'value does not look like a valid ha resource id'),
  'pve-ha-resource-or-vm-id': matching('[a-z]+:\\S+|\\d+', 'value does not look like a valid ha resource id'),
  'pve-hotplug-features': hotplug,
  'pve-iface': interfaceName,
  'pve-ipv4-config': passing(
    (value) => wholeMatch('dhcp|manual').test(value) || isCidr(value, 4),
    'value does not look like a valid ipv4 network configuration',
  ),
  'pve-ipv6-config': passing(
    (value) => wholeMatch('auto|dhcp|manual').test(value) || isCidr(value, 6),
    'value does not look like a valid ipv6 network configuration',
  ),
  'pve-lxc-dev-string': passing(
    (value) => value.startsWith('/dev/') && !/\/\.\.?(?:\/|\n?$)/.test(value),
    '%s is not a valid device path',
  ),
  'pve-lxc-mp-string': passing(
    (value) => !/\/\.\.?\/|\/\.\.?\n?$|^\.\.\//.test(value),
    '%s contains illegal character sequences',
  ),
  'pve-node': matching(label, 'value does not look like a valid node name'),
  'pve-phys-bits': physicalBits,
  'pve-poolid': poolId,
  'pve-qm-bootdev': bootDevice,
  'pve-qm-bootdisk': passing(isDrive, "invalid boot disk '%s'"),
  'ldap-simple-attr': matching('[a-zA-Z0-9]+', "value '%s' does not look like a simple ldap attribute name"),
  'pve-priv': passing((value) => privileges.includes(value), "invalid privilege '%s'"),
  'pve-realm': matching('[A-Za-z][A-Za-z0-9.\\-_]+', 'value does not look like a valid realm'),
  // pve-guest-common, PVE/ReplicationConfig.pm.
  'pve-replication-job-id': (value) => {
    const [, guest] = /^(\d+)-\d+\n?$/.exec(value) ?? [];
    if (guest !== undefined && Number(guest) >= 100) return undefined;
    const reserved = guest === undefined ? '' : ' (guest IDs < 100 are reserved)';
    return `invalid replication job id '${value}'${reserved}`;
  },
  'pve-roleid': matching('[A-Za-z0-9.\\-_]+', "role name '%s' contains invalid characters"),
  'pve-startup-order': startupOrder,
  'pve-tag': matching('[a-z0-9_][a-z0-9_\\-+.]*', 'invalid characters in tag', 'i'),
  'pve-task-status-type': matching('ok|error|warning|unknown', "invalid status '%s'", 'i'),
  'pve-tokenid': (value) => {
    const at = value.lastIndexOf('!');
    const isToken =
      at > 0 &&
      userId(value.slice(0, at)) === undefined &&
      wholeMatch('[A-Za-z][A-Za-z0-9.\\-_]+').test(value.slice(at + 1));
    return isToken ? undefined : `value '${value}' does not look like a valid token ID`;
  },
  'pve-userid': userId,
  'pve-vlan-id-or-range': vlanOrRange,
  'pve-vmid': matching('[1-9][0-9]{2,8}', 'value does not look like a valid VM ID'),
  urlencoded: matching("[-%a-zA-Z0-9_.!~*'()]*", 'invalid urlencoded string: %s'),
};

/** Why `value` does not have the named format (`-list` and `-opt` variants included); undefined if it has. */
export function formatProblem(format: string, value: string): string | undefined {
  const known = verifiers.get(format) ?? verifierOf(format);
  verifiers.set(format, known);
  return known(value);
}

const verifiers = new Map<string, Verifier>();

function verifierOf(format: string): Verifier {
  const [, name = '', variant] = /^(.*?)(?:-(list|opt))?$/.exec(format) ?? [];
  const verify = VERIFIERS[name];
  if (verify === undefined) throw new Error(`no verifier for the format '${format}'`);
  if (variant === 'opt') return (value) => (value === '' || value === '0' ? undefined : verify(value));
  if (variant !== 'list') return verify;
  return (value) =>
    splitList(value)
      .map(verify)
      .find((problem) => problem !== undefined);
}
