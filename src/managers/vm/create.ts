// Making a VM: a clone, or a new one from a cloud image. A clone gets its configuration with the next look, by the same way as any
// other change, and until then says in its notes that it is being built.

import type { Action } from '../../model/action.ts';
import { firstNotes } from '../guest/guest-spec.ts';
import { firewallActions, impossible } from '../guest/life/gate.ts';
import { parseKept } from '../guest/life/kept-volumes.ts';
import { contentOf, downloadImage, imagePath } from '../guest/life/source.ts';
import { printNotes } from '../guest/look/notes.ts';
import type { GuestObservation, HostFacts } from '../guest/look/observation.ts';
import { action, call, startGuest } from '../guest/proxmox/command.ts';
import { printProperties } from '../guest/proxmox/property-string.ts';
import { createArgs } from '../guest/proxmox/settings.ts';
import type { Decision, Wanted } from '../manager.ts';
import { agentArgs, writeAgentSnippet } from './agent-snippet.ts';
import { writeSshKeys } from './changes.ts';
import { machineSettings } from './desired-settings.ts';
import { ROOT_DRIVE, resizeDisk, returningDisks } from './disks.ts';
import { allowOnLocal } from './local-storage.ts';
import type { VmSpec } from './vm-spec.ts';

export function createMachine(wanted: Wanted<VmSpec>, spec: VmSpec, seen: GuestObservation): Decision {
  const firewall = firewallActions('qm', wanted, spec, seen);
  if ('kind' in firewall) return firewall;
  if ('clone' in spec.source) return { kind: 'actions', actions: [cloneMachine(wanted, spec, spec.source)] };
  const { image, download } = spec.source;
  if (image === '') return impossible(`VM ${spec.id} has neither an image nor a source to clone`);
  const path = imagePath(image);
  if (seen.sourceMissing)
    return impossible(
      `${path} is not on the node; put the image there, or say where it comes from in template_image_url and template_image_sha256`,
    );

  const starts = spec.final === 'running' || spec.final === 'unmanaged' || spec.scripts.length > 0;
  const actions = [
    ...(spec.user.sshKeys.length === 0 ? [] : [writeSshKeys(spec)]),
    ...allowOnLocal(seen.host, ['snippets', ...(download === null ? [] : [contentOf(image)])]),
    ...writeAgentSnippet(seen.host),
    ...firewall,
    ...(download === null ? [] : [downloadImage(image, download)]),
    create(wanted, spec, path, seen.host),
    resizeDisk(spec),
    ...(starts ? [startGuest('qm', spec.id)] : []),
  ];
  return { kind: 'actions', actions };
}

function cloneMachine(
  wanted: Wanted<VmSpec>,
  spec: VmSpec,
  source: { clone: number; snapshot: string | null },
): Action {
  const args = [
    String(spec.id),
    ...(source.snapshot === null ? [] : ['--snapname', source.snapshot]),
    ...['--full', '1', '--storage', spec.disk.storage],
    ...['--name', spec.name, '--description', printNotes(firstNotes(wanted, spec, true))],
  ];
  const from = source.snapshot === null ? '' : ` at ${source.snapshot}`;
  return action(`clone VM ${source.clone}${from} as ${spec.id}`, 'live', call('qm', 'clone', source.clone, args));
}

function create(wanted: Wanted<VmSpec>, spec: VmSpec, image: string, host: HostFacts): Action {
  const { storage } = spec.disk;
  const root = { file: `${storage}:0`, discard: 'on', 'import-from': image };
  const args = [
    ...createArgs(machineSettings(spec, returningDisks(null, parseKept(host.kept), host.missing))({})),
    ...unlessDeclared(spec, [
      ...['--ostype', 'l26', '--scsihw', 'virtio-scsi-pci', '--serial0', 'socket', '--vga', 'serial0'],
      ...[`--${ROOT_DRIVE}`, printProperties(root, [], 'file')],
      ...['--ide2', `${storage}:cloudinit`, '--boot', `order=${ROOT_DRIVE}`],
      ...agentArgs(host),
    ]),
    ...['--description', printNotes(firstNotes(wanted, spec, spec.final === 'unmanaged'))],
  ];
  return action(`create VM ${spec.id} from ${image}`, 'live', call('qm', 'create', spec.id, args));
}

/** What a new VM gets by itself, without the options that are declared for it. */
function unlessDeclared({ options }: VmSpec, args: readonly string[]): string[] {
  return args.filter((_, at) => {
    const word = args[at - (at % 2)] ?? '';
    return !Object.hasOwn(options, word.slice('--'.length));
  });
}
