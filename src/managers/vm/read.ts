// Reads the file of virtual machines, or their older place in the hypervisor's file. Each entry is checked on its own: an invalid one does not affect
// the others.

import { z } from 'zod';
import { parse } from '../../config/read/parse.ts';
import { parseParts } from '../../config/read/parse-parts.ts';
import { type Place, placeIn } from '../../config/read/place.ts';
import { markingOf } from '../../config/written-marks.ts';
import { type TargetId, targetId } from '../../model/ids.ts';
import type { Config } from '../config.ts';
import type { Declaration, Reading } from '../declaration.ts';
import { byId, type GuestContext, type GuestEntry } from '../guest/entry.ts';
import { oldMachines } from '../guest/host-file.ts';
import { idleFieldsOf } from '../guest/idle-fields.ts';
import { scriptsNamedBy } from '../guest/script-files.ts';
import { HYPERVISOR_FILE, VM_FILE } from '../places.ts';
import type { VmGuest } from './declared.ts';
import { modernVm } from './legacy.ts';
import { normaliseVm, type VmFileDefaults } from './normalise.ts';
import {
  balloonsFit,
  drivesGoTogether,
  firmwareTakesItsDisk,
  formatsFitTheirStorages,
  hardwareHasWhatIsSaid,
  machinesArePrepared,
  optionsServeDrives,
} from './rules/rules.ts';
import { vmDefaults, vmFile, vmGuest } from './schema.ts';
import { machinesCanStart } from './start/start-rules.ts';

const envelope = vmFile.extend({ vms: z.array(z.unknown()) });
const MARKS = markingOf(vmGuest, idleFieldsOf('vm'));
const DEFAULTS_MARKS = markingOf(vmDefaults);

const OWN: Place = { file: VM_FILE, path: '' };
const OLD: Place = { file: HYPERVISOR_FILE, path: '' };

export const declaration: Declaration = {
  files: [
    {
      name: 'phoenix_vm_configs',
      shortName: 'vm',
      path: VM_FILE,
      schema: vmFile,
      ifEmpty: 'Write {"vms": []} for no VMs, or remove the file.',
      references: scriptsNamedBy,
    },
  ],
  read: (reading, before) => ({ vm: byId(readMachines(reading, before)) }),
  rules: [
    drivesGoTogether,
    machinesArePrepared,
    optionsServeDrives,
    firmwareTakesItsDisk,
    balloonsFit,
    formatsFitTheirStorages,
    machinesCanStart,
    hardwareHasWhatIsSaid,
  ],
};

function readMachines(reading: Reading, { hypervisor }: Partial<Config>): VmGuest[] {
  const { unreadable } = reading;
  const raw = reading.json(VM_FILE, 'optional');
  if (raw === undefined && unreadable.file(HYPERVISOR_FILE)) unreadable.addFile(VM_FILE);
  const { vms, vmDefaults: oldDefaults } = oldMachines(reading.sources.json(HYPERVISOR_FILE, 'needed'));
  const own = readEnvelope(reading, raw === undefined ? { vms: [] } : raw, OWN);
  const old = readEnvelope(reading, { vms: vms === undefined ? [] : vms, vm_defaults: oldDefaults }, OLD);
  const ownDefaults = (raw as { vm_defaults?: object } | null | undefined)?.vm_defaults ?? {};
  reading.inspect(DEFAULTS_MARKS, ownDefaults, placeIn(OWN, 'vm_defaults'));
  const defaults: VmFileDefaults = {
    ...old.vm_defaults,
    ...(Object.keys(ownDefaults).length > 0 ? own.vm_defaults : {}),
    nfsServer: hypervisor?.network.nfsServer ?? null,
  };
  const machines = [
    ...own.vms.flatMap((entry, index) => readMachine(reading, entry, placeIn(OWN, 'vms', index), defaults)),
    ...old.vms.flatMap((entry, index) => readMachine(reading, entry, placeIn(OLD, 'vms', index), defaults)),
  ];
  if (own.whole && old.whole) return machines;
  // Their defaults are unknown, so only faults within each VM can be reported.
  for (const { id } of machines) unreadable.addGuest(id);
  return [];
}

function readEnvelope({ diagnostics, unreadable }: Reading, raw: unknown, at: Place) {
  const file = parseParts(envelope, raw, at, ([top]) => (top === undefined || top === 'vms' ? [] : [top]));
  diagnostics.add(file.diagnostics);
  if (file.value === undefined) unreadable.addFile(VM_FILE);
  return { ...(file.value ?? envelope.parse({ vms: [] })), whole: file.left.length === 0 };
}

function readMachine(reading: Reading, entry: unknown, at: Place, defaults: VmFileDefaults): VmGuest[] {
  if (reading.isFull(VM_FILE)) return [];
  const written = (entry as { vmid?: unknown } | null)?.vmid;
  const id = typeof written === 'string' || typeof written === 'number' ? Number(written) : Number.NaN;
  const hasId = Number.isInteger(id) && id >= 100 && id <= 999_999_999;
  const circumstances = JSON.stringify(defaults);
  const guest = reading.known.entry({ at, entry, circumstances, files: reading.files }, (files) =>
    readEntry(reading, entry, { id, at, files }, hasId ? targetId('vm', id) : undefined, defaults),
  );
  if (guest !== undefined) return [guest];
  reading.unreadable.addGuest(hasId ? id : null);
  return [];
}

function readEntry(
  reading: Reading,
  entry: unknown,
  context: GuestContext,
  target: TargetId | undefined,
  defaults: VmFileDefaults,
): GuestEntry<VmGuest> {
  const { at } = context;
  const modern = modernVm(entry, at, target);
  reading.diagnostics.add(modern.diagnostics);
  const ofTarget = target === undefined ? {} : { target };
  const clean = reading.inspect(MARKS, entry, at, { modern: modern.value, ...ofTarget });
  const { value, diagnostics } = parse(vmGuest, modern.value, at, target);
  reading.diagnostics.add(diagnostics);
  if (value === undefined) return { value: undefined, lasting: false };
  const lasting = clean && modern.diagnostics.length + diagnostics.length === 0;
  return { value: normaliseVm(value, defaults, context), lasting };
}
