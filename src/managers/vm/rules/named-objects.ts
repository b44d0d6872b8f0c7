// What a VM names of the datacenter: custom CPU models, and mappings of PCI devices, USB devices and folders. Where they are declared they are applied
// first. One that is missing is told before anything is done: Proxmox refuses the VM for the model, and for a mapping only its start.

import { type TargetId, targetId } from '../../../model/ids.ts';
import { parseUntypedSections } from '../../../proxmox/files/section-config.ts';
import { CPU_MODELS_FILE, customModelOf, parseCpuModels } from '../../../proxmox/guests/cpu-models.ts';
import { readOption } from '../../../proxmox/guests/option-meaning.ts';
import { impossible, type Refusal } from '../../guest/lifecycle/gate.ts';
import type { GuestObservation, ObjectKind } from '../../guest/observe/observation.ts';
import type { GuestConf } from '../../guest/proxmox/conf.ts';
import type { HostReader, Wanted } from '../../manager.ts';
import type { VmSpec } from '../vm-spec.ts';

type Naming = Pick<VmSpec, 'cpu_type' | 'options' | 'passthrough'>;

interface NamedObject {
  readonly kind: ObjectKind;
  readonly name: string;
}

interface KindOfObject {
  /** Display name: `CPU model nested`. */
  readonly label: string;
  /** Where the file of the datacenter declares it. */
  readonly field: string;
  readonly otherwise: string;
  readonly file: string;
  readonly names: (text: string) => Iterable<string>;
}

const namesOf = (text: string): Iterable<string> => parseUntypedSections(text).keys();

const KINDS: Readonly<Record<ObjectKind, KindOfObject>> = {
  cpu: {
    label: 'CPU model',
    field: 'cpu_models',
    otherwise: 'give the VM another CPU',
    file: CPU_MODELS_FILE,
    names: (text) => parseCpuModels(text).keys(),
  },
  pci: {
    label: 'PCI mapping',
    field: 'pci_mappings',
    otherwise: 'name the device by its address',
    file: '/etc/pve/mapping/pci.cfg',
    names: namesOf,
  },
  usb: {
    label: 'USB mapping',
    field: 'usb_mappings',
    otherwise: 'name the device by vendor and product',
    file: '/etc/pve/mapping/usb.cfg',
    names: namesOf,
  },
  dir: {
    label: 'folder mapping',
    field: 'dir_mappings',
    otherwise: 'take the folder out',
    file: '/etc/pve/mapping/directory.cfg',
    names: namesOf,
  },
};

/** The option that names objects of a kind, by the beginning of its name. */
const OPTIONS: readonly (readonly [stem: RegExp, kind: ObjectKind, key: string])[] = [
  [/^hostpci\d+$/, 'pci', 'mapping'],
  [/^usb\d+$/, 'usb', 'mapping'],
  [/^virtiofs\d+$/, 'dir', 'dirid'],
];

function objectsOf({ cpu_type, options, passthrough }: Naming): NamedObject[] {
  const { cpu = '' } = options;
  const model = customModelOf(cpu_type ?? (typeof cpu === 'string' ? cpu : (cpu['cputype'] ?? '')));
  return [
    ...(model === null ? [] : [{ kind: 'cpu', name: model } as const]),
    ...passthrough.flatMap(({ option, by, device }): NamedObject[] =>
      by === 'mapping' ? [{ kind: option === 'hostpci' ? 'pci' : 'usb', name: device }] : [],
    ),
    ...Object.entries(options).flatMap(([option, value]) => namedIn(option, value)),
  ];
}

function namedIn(option: string, value: VmSpec['options'][string] | undefined): NamedObject[] {
  const [, kind, key] = OPTIONS.find(([stem]) => stem.test(option)) ?? [];
  if (kind === undefined || key === undefined || value === undefined) return [];
  const name = (typeof value === 'string' ? readOption('qemu', option, value) : value)?.[key];
  return name === undefined ? [] : [{ kind, name: String(name) }];
}

/** The targets of what it names, which must be applied first where they are declared. */
export function objectNeeds(vm: Naming): TargetId[] {
  return objectsOf(vm).map(({ kind, name }) => targetId(kind, name));
}

/** The observation with the names of existing objects added, of the kinds of which the VM names one. */
export async function withNamedObjects(
  host: HostReader,
  { spec }: Wanted<VmSpec>,
  seen: GuestObservation,
): Promise<GuestObservation> {
  const kinds = [...new Set(spec === undefined ? [] : objectsOf(spec).map(({ kind }) => kind))];
  if (kinds.length === 0) return seen;
  const objects: Partial<Record<ObjectKind, readonly string[]>> = {};
  for (const kind of kinds) objects[kind] = [...KINDS[kind].names((await host.readFile(KINDS[kind].file)) ?? '')];
  return { ...seen, host: { ...seen.host, objects } };
}

/** Null where the host has all, the commit declares them, the VM has them already, or they were not read. */
export function missingObject(
  { declares }: Wanted<VmSpec>,
  spec: VmSpec,
  { conf, host: { objects } }: GuestObservation,
): Refusal | null {
  const missing = objectsOf(spec).find(
    ({ kind, name }) =>
      objects?.[kind]?.includes(name) === false &&
      declares?.(targetId(kind, name)) !== true &&
      !(conf !== null && hasAlready(conf, { kind, name })),
  );
  if (missing === undefined) return null;
  const { label, field, otherwise } = KINDS[missing.kind];
  return impossible(
    `${label} ${missing.name} of VM ${spec.id} is not on the host; declare it in ${field} of the file of the datacenter, or ${otherwise}`,
  );
}

/** A mapping that went while a VM has it keeps the VM from starting alone, and nothing else of it from being changed. */
function hasAlready({ settings }: GuestConf, { kind, name }: NamedObject): boolean {
  return Object.entries(settings).some(([option, text]) =>
    namedIn(option, text).some((one) => one.kind === kind && one.name === name),
  );
}
