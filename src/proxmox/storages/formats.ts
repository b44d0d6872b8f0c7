// The formats of storages and of the volumes on them (pve-storage, PVE/Storage/Plugin.pm; pve-common, PVE/JSONSchema.pm).

import { isIp, isIpv6 } from '../addresses.ts';
import { isAddress, matching, passing, type Verifier } from '../parameters/format-verifier.ts';
import { wholeMatch } from '../parameters/perl.ts';

const volumeId = matching('[a-z][a-z0-9\\-_.]*[a-z0-9]:.+', "unable to parse volume ID '%s'", 'i');
const volumeIdOrPath: Verifier = (value) => (value.startsWith('/') ? undefined : volumeId(value));
const CONTENT = ['images', 'rootdir', 'vztmpl', 'iso', 'backup', 'snippets', 'none', 'import'];
const content: Verifier = passing((value) => CONTENT.includes(value), "invalid content type '%s'");

const storageId: Verifier = (value) => {
  if (value.length < 2) return `storage ID '${value}' cannot be shorter than 2 characters`;
  return wholeMatch('[a-z][a-z0-9\\-_.]*[a-z0-9]', 'i').test(value)
    ? undefined
    : `storage ID '${value}' contains illegal characters`;
};

const storagePair: Verifier = (value) => {
  const parts = value.split(':');
  const wrong = value === '1' ? undefined : parts.map(storageId).find((refusal) => refusal !== undefined);
  return wrong === undefined && parts.length <= 2
    ? undefined
    : `entry '${value}' contains invalid ID - ${wrong ?? storageId(value)}\n\n`;
};

/** A host with a port: brackets may be around it, and a bare IPv6 address has its port after a dot (pve-common, PVE/Tools.pm, parse_host_and_port). */
function isHostAndPort(value: string): boolean {
  const name = wholeMatch('[\\p{L}\\p{Nd}.-]+', 'u');
  const [, host = ''] = wholeMatch('(.*?)(?::\\d+)?', 's').exec(value) ?? [];
  const [, bracketed] = /^\[(.*)\]$/s.exec(host) ?? [];
  if (bracketed !== undefined) return isIp(bracketed) || name.test(bracketed);
  return name.test(host) || isIpv6(value) || isIpv6(value.replace(/\.\d+\n?$/, ''));
}

const zfsBlockSize: Verifier = (value) => {
  if (value === '') return undefined;
  const [, digits, unit] = /^([1-9]\d*)([km])?$/i.exec(value) ?? [];
  if (digits === undefined)
    return `invalid ZFS blocksize format '${value}'. Use a positive number (no leading zeros) with an optional 'k' or 'm' suffix.`;
  const size = Number(digits) * (unit === undefined ? 1 : unit.toLowerCase() === 'k' ? 1024 : 1024 ** 2);
  if (size >= 512 && size <= 16 * 1024 ** 2 && Number.isInteger(Math.log2(size))) return undefined;
  return `value '${value}' is not a valid ZFS blocksize. Must be a power of 2 between 512B and 16MiB (e.g., 4k, 8k, 16k, 64k, 1m).`;
};

export const STORAGE_FORMATS: Readonly<Record<string, Verifier>> = {
  'pve-dir-override': (value) => {
    const [, type = '', path] = /^([a-z]+)=([^.]*(?:\.?[^.]+)+)$/.exec(value) ?? [];
    if (path === undefined) return `invalid override '${value}'`;
    return (
      content(type) ??
      (path.length < 1023 && path.split('/').every((part) => part.length < 255)
        ? undefined
        : `invalid override '${value}'`)
    );
  },
  'pve-storage-content': content,
  'pve-storage-id': storageId,
  'pve-storage-options': matching('\\S+', "invalid options '%s'"),
  'pve-storage-path': passing((value) => /^\/[^;()]+/.test(value), 'value does not look like a valid absolute path'),
  'pve-storage-path-in-property-string': passing(
    // Not to the end of the value: pve-guest-common, PVE/Mapping/Dir.pm.
    (value) => /^\/[^;,=()]+/.test(value),
    'Value does not look like a valid absolute path. These symbols are currently not allowed in path: ;,=()',
  ),
  'pve-storage-portal-dns': passing(isHostAndPort, 'value does not look like a valid portal address'),
  'pve-storage-server': passing(isAddress, 'value does not look like a valid server name or IP address'),
  'pve-storage-vgname': matching('[a-z0-9][a-z0-9\\-_.]*[a-z0-9]', "lvm name '%s' contains illegal characters", 'i'),
  'pve-storage-zfs-blocksize': zfsBlockSize,
  'pve-volume-id': volumeId,
  'pve-volume-id-or-absolute-path': volumeIdOrPath,
  'pve-volume-id-or-qm-path': (value) => (value === 'none' || value === 'cdrom' ? undefined : volumeIdOrPath(value)),
  'storage-pair': storagePair,
};
