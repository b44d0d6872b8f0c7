// The program pvesm: storages and their volumes.
import type { Answer } from '../answer.ts';
import { apiVerbs } from '../api/verbs.ts';
import { answer, type Call, newCall, print, type Verb } from '../call.ts';
import type { LabNode } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { addStorage, removeStorage, setStorage } from './config.ts';
import { storageContent, storageStatus } from './content.ts';
import { pruneBackupsByHand } from './prune.ts';
import { pathOfVolume } from './storage.ts';
import { allocateVolume, freeVolume } from './volume-calls.ts';

/** One line for each that is found. */
const named = (key: string) => ({
  print: (call: Call, data: unknown): void => {
    for (const found of data as readonly Readonly<Record<string, unknown>>[]) print(call, String(found[key]));
  },
});

const OWN: Record<string, Verb> = {
  'pvesm add': (call, parameters) => void addStorage(call, parameters),
  'pvesm set': (call, parameters) => void setStorage(call, parameters),
  'pvesm remove': (call, parameters) => void removeStorage(call.node, String(parameters['storage'])),
  'pvesm status': (call, parameters) => printStatus(call, parameters),
  'pvesm list': (call, parameters) => printContent(call, parameters),
  'pvesm alloc': (call, parameters) => void print(call, `successfully created '${allocateVolume(call, parameters)}'`),
  'pvesm free': (call, parameters) => void freeVolume(call, parameters),
  'pvesm prune-backups': pruneBackupsByHand,
  'pvesm path': (call, { volume }) => void print(call, pathOfVolume(call.node, String(volume))),
  'pvesm apiinfo': (call) => void print(call, 'APIVER 13\nAPIAGE 4'),
};

const VERBS = apiVerbs(
  'pvesm',
  { 'scan zfs': named('pool'), 'scan lvm': named('vg'), 'scan lvmthin': named('lv') },
  OWN,
);

/** Answers a call of `pvesm`. */
export function pvesm(node: LabNode, argv: readonly string[], stdin?: () => Buffer): Answer {
  return answer(newCall(node, stdin), 'pvesm', argv, VERBS);
}

function printStatus(call: Call, parameters: Parameters): undefined {
  const found = storageStatus(call.node, parameters);
  const width = Math.max(0, ...found.map(({ storage }) => storage.length)) + 1;
  const line = (cells: string[], share: string): void => {
    const [name = '', type = '', status = '', ...sizes] = cells;
    print(
      call,
      [
        name.padEnd(width),
        type.padStart(10),
        status.padStart(10),
        ...sizes.map((size) => size.padStart(15)),
        share,
      ].join(' '),
    );
  };
  line(['Name', 'Type', 'Status', 'Total (KiB)', 'Used (KiB)', 'Available (KiB)'], '%'.padStart(8));
  for (const { storage, type, enabled, total, used, avail } of found) {
    const share = enabled === 0 ? 'N/A'.padStart(8) : `${((used * 100) / total).toFixed(2)}%`.padStart(8);
    line(
      [
        storage,
        type,
        enabled === 0 ? 'disabled' : 'active',
        ...[total, used, avail].map((size) => String(Math.trunc(size / 1024))),
      ],
      share,
    );
  }
}

function printContent(call: Call, parameters: Parameters): undefined {
  const found = storageContent(call.node, String(parameters['storage']), parameters);
  const width = Math.max(0, ...found.map(({ volid }) => volid.length));
  const digits = Math.max(1, ...found.map(({ size }) => String(size).length));
  const line = (volid: string, format: string, content: string, size: string): string =>
    [volid.padEnd(width), format.padEnd(7), content.padEnd(9), size.padStart(digits)].join(' ');
  print(call, `${line('Volid', 'Format', 'Type', 'Size')} VMID`);
  for (const { volid, format, content, size, vmid } of found.filter((each) => each.vmid !== undefined))
    print(call, `${line(volid, format, content, String(size))} ${vmid}`);
  const unowned = found
    .filter(({ vmid }) => vmid === undefined)
    .sort((a, b) => (a.format < b.format ? -1 : a.format > b.format ? 1 : 0));
  for (const { volid, format, content, size } of unowned) print(call, line(volid, format, content, String(size)));
}
