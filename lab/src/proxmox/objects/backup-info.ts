// Which guests backup jobs include (pve-manager, PVE/API2/Backup.pm and BackupInfo.pm, PVE/VZDump.pm, get_included_guests).

import { existsSync, readFileSync } from 'node:fs';
import { type Options, parseSections } from '../../../../src/proxmox/files/section-config.ts';
import { parseUserConfig, wordsOf } from '../../../../src/proxmox/files/user-config.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { userLines } from '../access/user-config.ts';
import type { Call } from '../call.ts';
import { backing, type Disk, disksOf, isCdrom } from '../guest/disks.ts';
import { load } from '../guest/guest.ts';
import { type GuestKind, guestIds, guestsElsewhere, kindOf, type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuseParameters } from '../refusal.ts';
import { text } from '../verb-parameters.ts';

/** Answers a read of them; undefined for any other call. */
export function backupInfoCall(
  call: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  if (method !== 'GET') return undefined;
  if (template === '/cluster/backup-info/not-backed-up') return { data: notBackedUp(call) };
  if (template !== '/cluster/backup/{id}/included_volumes') return undefined;
  const id = text(parameters, 'id') ?? '';
  const job = jobsOf(call.node).get(id) ?? refuseParameters({ id: `No such job '${id}'` });
  return { data: { children: includedIn(call.node, job).map((guest) => guestEntry(call, guest)) } };
}

function notBackedUp(call: Call): unknown[] {
  const { node } = call;
  const included = new Set([...jobsOf(node).values()].flatMap((job) => includedIn(node, job)));
  return allGuests(node)
    .filter((id) => !included.has(id))
    .map((id) => {
      const kind = kindOf(node, id) ?? guestsElsewhere(node).find((guest) => guest.id === id)?.kind;
      return { vmid: id, type: kind, name: nameOf(call, id) };
    });
}

function jobsOf(node: LabNode): ReadonlyMap<string, Options> {
  const file = pathOf(node, 'etc/pve/jobs.cfg');
  const sections = parseSections(existsSync(file) ? readFileSync(file, 'utf8') : '');
  return new Map(
    [...sections].flatMap(([id, { type, options }]) => (type === 'vzdump' ? [[id, options] as const] : [])),
  );
}

function allGuests(node: LabNode): number[] {
  const here = [...guestIds(node, 'lxc'), ...guestIds(node, 'qemu')];
  return [...here, ...guestsElsewhere(node).map(({ id }) => id)].sort((a, b) => a - b);
}

/** Ids of guests that a job includes, also of ones that are no more. */
function includedIn(node: LabNode, job: Options): number[] {
  const numbers = (option: string): number[] => splitList(job[option]?.[0] ?? '').map(Number);
  const pool = job['pool']?.[0];
  const wanted =
    pool !== undefined
      ? wordsOf(parseUserConfig(userLines(node).join('\n'), 'pool').get(pool) ?? {}, 'vms').map(Number)
      : job['vmid'] !== undefined
        ? numbers('vmid')
        : job['all']?.[0] === '1'
          ? allGuests(node).filter((id) => !numbers('exclude').includes(id))
          : [];
  const only = job['node']?.[0];
  const elsewhere = guestsElsewhere(node);
  const nodeOf = (id: number): string => elsewhere.find((guest) => guest.id === id)?.node ?? node.name;
  return [...new Set(wanted)].sort((a, b) => a - b).filter((id) => only === undefined || nodeOf(id) === only);
}

function guestEntry(call: Call, id: number): unknown {
  const kind = kindOf(call.node, id);
  if (kind === undefined) return { id, type: 'unknown', leaf: 1 };
  const { options } = load(call, kind, id);
  const children = disksOf(kind, options)
    .filter((disk) => kind === 'lxc' || !isCdrom(disk))
    .map((disk) => ({
      id: `${id}:${disk.key}`,
      name: disk.volume,
      leaf: 1,
      ...inclusion(kind, disk, options['bios']),
    }));
  return { id, type: kind, name: nameOf(call, id), leaf: 0, children };
}

/** Whether a disk is in the backup, and why. Of a machine's disk with `backup` Proxmox says no, whatever its value. */
function inclusion(
  kind: GuestKind,
  { key, volume, properties }: Disk,
  bios: string | undefined,
): { readonly included: 0 | 1; readonly reason: string } {
  const isOn = properties['backup'] === '1';
  if (kind === 'lxc') {
    if (key === 'rootfs') return { included: 1, reason: 'rootfs' };
    if (backing(volume) !== 'volume') return { included: 0, reason: 'not a volume' };
    return isOn ? { included: 1, reason: 'enabled' } : { included: 0, reason: 'disabled' };
  }
  if (key.startsWith('efidisk') && bios !== 'ovmf') return { included: 0, reason: 'efidisk but no OVMF BIOS' };
  if (properties['backup'] === undefined) return { included: 1, reason: 'backup=yes' };
  return { included: isOn ? 1 : 0, reason: 'backup=no' };
}

function nameOf(call: Call, id: number): string {
  const kind = kindOf(call.node, id);
  if (kind === undefined) return '';
  const { options } = load(call, kind, id);
  return (kind === 'lxc' ? options['hostname'] : options['name']) ?? '';
}
