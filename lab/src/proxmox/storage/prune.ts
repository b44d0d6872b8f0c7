// Which backups of a storage a retention keeps, and the removal of the others (pve-storage, PVE/Storage.pm, prune_mark_backup_group;
// PVE/Storage/Plugin.pm, prune_backups).

import { parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { type Call, print, task } from '../call.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { text } from '../verb-parameters.ts';
import { archiveOf, removeBackup } from './backups.ts';
import { storageContent } from './content.ts';
import { pathOfVolume, storageNamed } from './storage.ts';

type Mark = 'keep' | 'remove' | 'protected' | 'renamed';

interface Marked {
  readonly volid: string;
  readonly ctime: number;
  readonly type: string;
  readonly vmid?: number;
  mark?: Mark;
}

/** Backups of a storage, each with whether a retention keeps it. @param given one in place of that of the storage */
export function markedBackups(node: LabNode, parameters: Parameters): readonly Marked[] {
  const id = text(parameters, 'storage') ?? '';
  const storage = storageNamed(node, id);
  if (!storage.content.has('backup')) refuse(`storage '${id}' does not support backups`);
  const keep = text(parameters, 'prune-backups') ?? storage.options['prune-backups'];
  if (keep === undefined) return refuse(`no prune-backups options configured for storage '${id}'`);
  const type = text(parameters, 'type');
  const found = storageContent(node, id, { ...parameters, content: 'backup' })
    .map((backup) => ({ backup, archive: archiveOf(backup.volid.slice(backup.volid.lastIndexOf('/') + 1)) }))
    .filter(({ archive }) => type === undefined || archive.subtype === type)
    .map(
      ({ backup: { volid, protected: isProtected, ctime = 0 }, archive }): Marked => ({
        volid,
        ctime: archive.ctime ?? ctime,
        type: archive.subtype,
        ...(archive.vmid === undefined ? {} : { vmid: archive.vmid }),
        ...(archive.ctime === undefined ? { mark: 'renamed' } : {}),
        ...(isProtected === undefined ? {} : { mark: 'protected' }),
      }),
    );
  const standard = found.filter(({ volid }) => archiveOf(volid.slice(volid.lastIndexOf('/') + 1)).ctime !== undefined);
  for (const group of Map.groupBy(standard, (one) => `${one.type}/${one.vmid}`).values()) markGroup(group, keep);
  return found;
}

/** Marks the backups of one guest; a protected one keeps its mark and takes no place. */
function markGroup(group: readonly Marked[], keep: string): void {
  const parsed = parsePropertyString('prune-backups', keep);
  const { 'keep-all': all, ...spans } = parsed.ok ? parsed.properties : {};
  const keepsAll =
    ['1', 'on', 'yes', 'true'].includes(all ?? '') || Object.values(spans).every((count) => !(Number(count) > 0));
  const newest = [...group].sort((a, b) => b.ctime - a.ctime);
  if (!keepsAll) for (const [option, spanOf] of SPANS) markSpans(newest, Number(spans[option] ?? 0), spanOf);
  for (const one of newest) one.mark ??= keepsAll ? 'keep' : 'remove';
}

/** Keeps the newest of each span of time that has none yet, in so many spans. */
function markSpans(newest: readonly Marked[], count: number, spanOf: (time: Date) => string): void {
  if (!(count > 0)) return;
  const span = ({ ctime }: Marked): string => spanOf(new Date(ctime * 1000));
  const covered = new Set(newest.filter(({ mark }) => mark === 'keep').map(span));
  const added = new Set<string>();
  for (const one of newest) {
    const its = span(one);
    if (one.mark !== undefined || covered.has(its)) continue;
    if (added.has(its)) {
      one.mark = 'remove';
      continue;
    }
    if (added.size >= count) return;
    added.add(its);
    one.mark = 'keep';
  }
}

const dayOf = (time: Date): string => time.toDateString();

/** The spans of time in the order in which Proxmox goes through them. */
const SPANS: readonly (readonly [option: string, spanOf: (time: Date) => string])[] = [
  ['keep-last', (time) => String(time.getTime())],
  ['keep-hourly', (time) => `${dayOf(time)} ${time.getHours()}`],
  ['keep-daily', dayOf],
  ['keep-weekly', weekOf],
  ['keep-monthly', (time) => `${time.getFullYear()} ${time.getMonth()}`],
  ['keep-yearly', (time) => String(time.getFullYear())],
];

/** The week of ISO 8601, which belongs to the year of its Thursday. */
function weekOf(time: Date): string {
  const thursday = new Date(time.getFullYear(), time.getMonth(), time.getDate() + 4 - (time.getDay() || 7));
  const day = Math.round((thursday.getTime() - new Date(thursday.getFullYear(), 0, 1).getTime()) / 86_400_000);
  return `${thursday.getFullYear()} ${Math.floor(day / 7)}`;
}

/** Removes what a retention does not keep, as a task whose failure is none of the call. */
export function pruneBackups(call: Call, parameters: Parameters): void {
  const { storage } = parameters;
  const vmid = text(parameters, 'vmid');
  task(
    call,
    'prunebackups',
    `${vmid === undefined ? '' : `${vmid}@`}${storage}`,
    () => {
      for (const { volid, mark } of markedBackups(call.node, parameters)) {
        if (mark !== 'remove') continue;
        print(call, `removing backup '${volid}'`);
        removeBackup(pathOf(call.node, pathOfVolume(call.node, volid)));
      }
    },
    'print',
  );
}

/** `pvesm prune-backups` (pve-storage, PVE/CLI/pvesm.pm). */
export function pruneBackupsByHand(call: Call, parameters: Parameters): undefined {
  const { 'dry-run': isTrial, ...given } = parameters;
  const spans = Object.entries(given).filter(([option]) => option.startsWith('keep-'));
  const keep = spans.map(([option, value]) => `${option}=${value}`).join(',');
  if (spans.length > 1 && given['keep-all'] === '1')
    refuseParameters({ 'prune-backups': 'invalid format - keep-all cannot be set together with other options.\n' });
  const all = spans.length === 0 ? given : { ...given, 'prune-backups': keep };
  if (isTrial !== '1') pruneBackups(call, all);
  else printMarked(call, markedBackups(call.node, all));
}

function printMarked(call: Call, marked: readonly Marked[]): void {
  if (marked.length === 0) {
    print(call, 'No backups found');
    return;
  }
  print(call, 'NOTE: this is only a preview and might not be what a subsequent');
  print(call, 'prune call does if backups are removed/added in the meantime.\n');
  const width = Math.max(...marked.map(({ volid }) => volid.length)) + 1;
  const line = (volid: string, id: string, mark: string): string =>
    `${volid.padEnd(width)} ${id.padStart(15)} ${mark.padStart(10)}`;
  print(call, line('Backup', 'Backup-ID', 'Prune-Mark'));
  const sorted = [...marked].sort((a, b) => (a.vmid ?? 0) - (b.vmid ?? 0) || a.ctime - b.ctime);
  for (const { volid, type, vmid, mark } of sorted)
    print(call, line(volid, vmid === undefined ? type : `${type}/${vmid}`, String(mark)));
}
