// What Proxmox makes of the properties of a VM's drive, beyond their format (qemu-server, PVE/QemuServer/Drive.pm, parse_drive).

import type { Properties } from '../parameters/schema.ts';

/** The properties as they are kept, or why the drive is refused: complaints that Proxmox prints before it says that it cannot parse the options. */
export type ReadDrive =
  | { readonly ok: true; readonly properties: Properties }
  | { readonly ok: false; readonly complaints: readonly string[] };

/** The limits that need another one. */
const NEEDS: readonly (readonly [limit: string, needed: string])[] = [
  ['mbps_max', 'mbps'],
  ['mbps_rd_max', 'mbps_rd'],
  ['mbps_wr_max', 'mbps_wr'],
  ['bps_max_length', 'mbps_max'],
  ['bps_rd_max_length', 'mbps_rd_max'],
  ['bps_wr_max_length', 'mbps_wr_max'],
  ['iops_max_length', 'iops_max'],
  ['iops_rd_max_length', 'iops_rd_max'],
  ['iops_wr_max_length', 'iops_wr_max'],
];

/** Limits of all access, which exclude those of reading or writing. */
const TOTALS = ['mbps', 'iops'];

/** As Perl sees it: `0.000` is set. */
const isSet = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== '0';

/**
 * @param option name of the drive, `scsi0`
 * @param written its properties in the right format
 */
export function readDrive(option: string, written: Properties): ReadDrive {
  const { properties, complaints } = inMegabytes(written);
  for (const [limit, needed] of NEEDS)
    if (isSet(properties[limit]) && !isSet(properties[needed])) complaints.push(`${limit} requires ${needed}`);
  const isRefused = complaints.length > 0 || excludesItself(properties) || isImpossibleCd(option, properties);
  return isRefused ? { ok: false, complaints } : { ok: true, properties };
}

/** Limits in bytes become limits in megabytes. Proxmox divides whether there is one, not the limit, so that it is always 0.000. */
function inMegabytes(written: Properties): { properties: Properties; complaints: string[] } {
  const properties = { ...written };
  const complaints: string[] = [];
  for (const limit of ['bps', 'bps_rd', 'bps_wr']) {
    if (properties[limit] === undefined) continue;
    delete properties[limit];
    if (properties[`m${limit}`] === undefined) properties[`m${limit}`] = '0.000';
    else complaints.push(`both ${limit} and m${limit} specified`);
  }
  return { properties, complaints };
}

const excludesItself = (drive: Properties): boolean =>
  TOTALS.some((total) => isSet(drive[total]) && (isSet(drive[`${total}_rd`]) || isSet(drive[`${total}_wr`])));

const isImpossibleCd = (option: string, drive: Properties): boolean =>
  drive['media'] === 'cdrom' && (isSet(drive['snapshot']) || isSet(drive['format']) || option.startsWith('virtio'));
