// Creates a VM: a clone, or a new one from an image. A clone is configured at the next observation, like any other change, and until then its notes
// say that it is being built.

import type { Action } from '../../model/action.ts';
import { CREATION_DEFAULTS } from '../guest/creation-defaults.ts';
import { firstNotes, isStarted } from '../guest/guest-spec.ts';
import { firewallActions, impossible } from '../guest/lifecycle/gate.ts';
import { noteVolumes, parseRetained } from '../guest/lifecycle/retained-volumes.ts';
import { cloneGuest, contentOf, downloadImage, imagePath } from '../guest/lifecycle/source.ts';
import { printNotes, withPassword } from '../guest/observe/notes.ts';
import type { GuestObservation, HostFacts } from '../guest/observe/observation.ts';
import { action, call, startGuest } from '../guest/proxmox/command.ts';
import type { Settings } from '../guest/proxmox/conf.ts';
import { printProperties } from '../guest/proxmox/property-string.ts';
import { createArgs, setGuest } from '../guest/proxmox/settings.ts';
import type { Decision, Wanted } from '../manager.ts';
import { agentArgs, writeAgentSnippet } from './agent-snippet.ts';
import { writeSshKeys } from './changes.ts';
import { machineSettings } from './desired-settings.ts';
import { ROOT_DRIVE, resizeDisk, returningDisks } from './drives/disks.ts';
import { isoKey, unpackingArgs } from './drives/drives.ts';
import type { FoundDrives } from './drives/find-drives.ts';
import { passwordOf, promptedPassword } from './password.ts';
import { allowOnLocal } from './rules/local-storage.ts';
import { cannotBoot, presentKeys } from './start/boot-devices.ts';
import { startProblem } from './start/start-problem.ts';
import type { VmSpec } from './vm-spec.ts';

export function createMachine(
  wanted: Wanted<VmSpec>,
  spec: VmSpec,
  seen: GuestObservation,
  found: FoundDrives,
): Decision {
  const firewall = firewallActions('qm', wanted, spec, seen);
  if ('kind' in firewall) return firewall;
  const note = noteVolumes('qm', spec.id, seen.host.retained, found.retained);
  const { source } = spec;
  if ('clone' in source) {
    const settings = ['--name', spec.name, '--description', printNotes(firstNotes(wanted, spec, true))];
    return { kind: 'actions', actions: [...note, cloneGuest('qm', spec.id, source, spec.disk.storage, settings)] };
  }
  const obstacle = whyNotCreated(spec, seen, found);
  if (obstacle !== null) return impossible(obstacle);
  const args = creationArgs(wanted, spec, seen.host, found);
  const unstartable = startProblem(spec, settingsFrom(args));
  if (unstartable !== null) return impossible(unstartable);
  const actions = [
    ...note,
    ...preparation(spec, seen.host),
    ...firewall,
    ...download(source),
    action(`create VM ${spec.id} ${fromText(spec)}`, 'live', call('qm', 'create', spec.id, args)),
    ...resizeCopied(spec),
    ...givePassword(wanted, spec),
    ...(isStarted(spec) ? [startGuest('qm', spec.id)] : []),
  ];
  return { kind: 'actions', actions };
}

/** Null: nothing that is known before the creation keeps it from being created and from booting. */
function whyNotCreated(spec: VmSpec, seen: GuestObservation, found: FoundDrives): string | null {
  const { source } = spec;
  if ('image' in source && source.image === '') return `VM ${spec.id} has neither an image nor a source to clone`;
  if (found.unclear !== null) return found.unclear;
  if (seen.sourceMissing) return missingText(source);
  return cannotBoot(spec, [
    ...presentKeys(machineSettings(spec, found.settings)({})),
    ...[
      spec.root_disk.bus ?? ROOT_DRIVE,
      ...('iso' in source ? [isoKey(spec)] : []),
      ...(spec.cloud_init ? ['ide2'] : []),
    ],
  ]);
}

/** The files that a new VM is created with, and what storage `local` has to take for them. */
function preparation(spec: VmSpec, host: HostFacts): Action[] {
  const { source } = spec;
  const contents = [
    ...(spec.cloud_init ? ['snippets'] : []),
    ...('image' in source && source.download !== null ? [contentOf(source.image)] : []),
  ];
  return [
    ...(spec.user.sshKeys.length === 0 || !spec.cloud_init ? [] : [writeSshKeys(spec)]),
    ...allowOnLocal(host, contents),
    ...(spec.cloud_init ? writeAgentSnippet(host) : []),
  ];
}

function download(source: VmSpec['source']): Action[] {
  return 'image' in source && source.download !== null ? [downloadImage(source.image, source.download)] : [];
}

/** A copied disk has the size of its source. */
function resizeCopied({ id, source, disk, root_disk }: VmSpec): Action[] {
  const isNew = 'iso' in source || 'empty' in source;
  if (isNew || disk.sizeGb === null) return [];
  return [resizeDisk(id, root_disk.bus ?? ROOT_DRIVE, 'the disk', disk.sizeGb)];
}

/** By a command of its own: what is given to `qm create` is kept as it is, and not as a hash. (qemu-server, PVE/API2/Qemu.pm, update_vm_api) */
function givePassword(wanted: Wanted<VmSpec>, spec: VmSpec): Action[] {
  const secret = passwordOf(spec);
  if (secret === null) return [];
  const notes = { ...firstNotes(wanted, spec, spec.final === 'unmanaged'), ...withPassword(secret.digest) };
  const none = { args: [], labels: [], shown: [], unread: [], restart: false, unrecorded: false };
  return setGuest('qm', spec.id, none, {
    notes: printNotes(notes),
    running: false,
    prompted: promptedPassword(secret),
  });
}

function missingText(source: VmSpec['source']): string {
  if ('iso' in source) return `${source.iso} is not on the node; put the ISO image there`;
  if ('import_from' in source) return `${source.import_from} is not on the node; put the disk there`;
  const path = 'image' in source ? imagePath(source.image) : '';
  return `${path} is not on the node; put the image there, or say where it comes from in template_image_url and template_image_sha256`;
}

function creationArgs(wanted: Wanted<VmSpec>, spec: VmSpec, host: HostFacts, found: FoundDrives): string[] {
  const { storage } = spec.disk;
  const root = spec.root_disk.bus ?? ROOT_DRIVE;
  const returning = returningDisks(null, parseRetained(host.retained), host.missing, { root, ...found });
  const desired = machineSettings(spec, [...found.settings, ...returning])({});
  const devices = [root, ...('iso' in spec.source ? [isoKey(spec)] : [])];
  const declared = createArgs(desired);
  const args = [
    ...declared,
    ...unlessDeclared(declared, [
      ...creationDefaults(spec),
      ...[`--${root}`, rootDrive(spec)],
      ...(spec.cloud_init ? ['--ide2', `${storage}:cloudinit`] : []),
      ...['--boot', `order=${devices.join(';')}`],
      ...(spec.cloud_init ? agentArgs(host) : []),
    ]),
    ...['--description', printNotes(firstNotes(wanted, spec, spec.final === 'unmanaged'))],
  ];
  return [...args, ...unpackingArgs(spec, args)];
}

/** The options among arguments. */
function settingsFrom(args: readonly string[]): Settings {
  return Object.fromEntries(args.flatMap((word, at) => (at % 2 === 0 ? [[word.slice(2), args[at + 1] ?? '']] : [])));
}

/** Further arguments for a new VM: a cloud image is a Linux system with its console on the serial port, and UEFI needs an EFI disk. */
function creationDefaults(spec: VmSpec): string[] {
  const controller = hasScsiThread(spec) ? 'virtio-scsi-single' : 'virtio-scsi-pci';
  return [
    ...(spec.efi_disk === null ? [] : ['--bios', 'ovmf']),
    ...(spec.cloud_init ? ['--ostype', 'l26'] : []),
    ...['--scsihw', controller],
    ...(spec.cloud_init ? ['--serial0', 'socket', '--vga', 'serial0'] : []),
  ];
}

/** Disks of one SCSI controller share its I/O thread; with a controller for each disk, each has its own. */
function hasScsiThread({ root_disk, disks }: VmSpec): boolean {
  const root = { bus: root_disk.bus ?? ROOT_DRIVE, options: root_disk.options };
  return [root, ...disks].some(({ bus, options }) => bus.startsWith('scsi') && options['iothread'] === '1');
}

function rootDrive({ source, disk, root_disk }: VmSpec): string {
  const { options, path } = root_disk;
  if (path !== undefined) return printProperties({ file: path, ...options }, [], 'file');
  const copied = 'image' in source ? imagePath(source.image) : 'import_from' in source ? source.import_from : null;
  const discard = 'image' in source ? { discard: 'on' } : {};
  const size = copied === null ? (disk.sizeGb ?? CREATION_DEFAULTS.vm.diskSizeGb) : 0;
  const from = copied === null ? {} : { 'import-from': copied };
  return printProperties({ file: `${disk.storage}:${size}`, ...discard, ...options, ...from }, [], 'file');
}

function fromText({ source, root_disk }: VmSpec): string {
  if ('image' in source) return `from ${imagePath(source.image)}`;
  if ('import_from' in source) return `from ${source.import_from}`;
  if ('iso' in source) return `to be installed from ${source.iso}`;
  return root_disk.path === undefined ? 'with an empty disk' : `on ${root_disk.path}`;
}

/** Default arguments without those that are declared. */
function unlessDeclared(declared: readonly string[], args: readonly string[]): string[] {
  const names = new Set(declared.filter((_, at) => at % 2 === 0));
  return args.filter((_, at) => !names.has(args[at - (at % 2)] ?? ''));
}
