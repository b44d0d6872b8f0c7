// A VM's options together, and what is at fault with them where it starts.

import { readOption } from '../guests/option-meaning.ts';
import { booleanOf } from '../parameters/perl.ts';
import type { Properties } from '../parameters/schema.ts';

export type MachineOptions = Readonly<Record<string, string | undefined>>;

/** A VM's options, and the keys of those that are property strings. */
export interface Machine {
  readonly options: MachineOptions;
  /** Empty for an option that is not set. */
  properties(option: string): Properties;
}

export interface StartFault {
  readonly fault:
    | 'file of cloud-init'
    | 'CPU of 32 bits'
    | 'place of USB'
    | 'PCI Express'
    | 'PCI by two names'
    | 'PCI twice'
    | 'part of several'
    | 'legacy graphics'
    | 'hotplug without NUMA'
    | 'hotplug with nodes'
    | 'hotplug of little memory'
    | 'hotplug with folders'
    | 'hotplug in steps'
    | 'huge pages without NUMA'
    | 'huge pages of no node'
    | 'size of huge pages'
    | 'node without memory'
    | 'node without policy'
    | 'nodes of other memory'
    | 'node of other CPUs'
    | 'clipboard'
    | 'SCSI of an old machine'
    | 'small packets'
    | 'I/O memory'
    | 'encryption without UEFI'
    | 'attestation'
    | 'rights of folders'
    | 'online CPUs'
    | 'CPU of the host'
    | 'IDE of ARM'
    | 'native I/O'
    | 'discarded writes'
    | 'burst';
  /** The options that it follows from, the one at fault first. */
  readonly options: readonly string[];
  /** The key of that option, where it is one key. */
  readonly property?: string;
  /** Error message of the program. */
  readonly message: string;
  /** Proxmox refuses before it calls QEMU, whose own message is in the log of the task alone. */
  readonly by: 'Proxmox' | 'QEMU';
}

/** Null: nothing is at fault. */
export type Check = (machine: Machine) => StartFault | readonly StartFault[] | null;

export function machineOf(options: MachineOptions): Machine {
  return {
    options,
    properties(option) {
      const text = options[option];
      return text === undefined ? {} : (readOption('qemu', option, text) ?? {});
    },
  };
}

export function refused(
  fault: StartFault['fault'],
  options: readonly string[],
  message: string,
  by: StartFault['by'] = 'Proxmox',
): StartFault {
  return { fault, options, message, by };
}

export const isOn = (value: string | undefined): boolean => booleanOf(value ?? '0') === '1';

/** The set ones of the options `net0`, `net1` and so on with their numbers, ascending. */
export function numbered({ options }: Machine, stem: string): { readonly option: string; readonly index: number }[] {
  return Object.keys(options)
    .flatMap((option) => {
      const number = option.slice(stem.length);
      const isOne = option.startsWith(stem) && /^\d+$/.test(number) && options[option] !== undefined;
      return isOne ? [{ option, index: Number(number) }] : [];
    })
    .sort((one, other) => one.index - other.index);
}

/** The version of a machine type, 4.1+pve2 as [4, 1, 2]; null for the newest. */
function versionOf({ properties }: Machine): readonly number[] | null {
  const [, major, minor, revision = '0'] =
    /-(\d+)\.(\d+)(?:\+pve(\d+))?/.exec(properties('machine')['type'] ?? '') ?? [];
  return major === undefined ? null : [Number(major), Number(minor), Number(revision)];
}

/** Whether the machine is of a fixed version before this one. @param version as [4, 1, 2] of 4.1+pve2 */
export function isBefore(machine: Machine, version: readonly number[]): boolean {
  const own = versionOf(machine);
  const at = own?.findIndex((part, index) => part !== version[index]) ?? -1;
  return own !== null && at >= 0 && (own[at] ?? 0) < (version[at] ?? 0);
}

export const isQ35 = ({ properties }: Machine): boolean => (properties('machine')['type'] ?? '').includes('q35');
