// A setting of a guest, declared once: its field in the file, the option of Proxmox that it becomes, how two values compare, and what a
// change costs. The declarations are in settings.ts; schema, configuration, spec, plan, commands, impact and the page follow from them.

import type { z } from 'zod';
import { type Becomes, inContainers, inMachines } from '../../../config/schema/option.ts';

export type GuestKind = 'lxc' | 'vm';

/** How it is with one kind of guest. */
export interface Ways<Value> {
  /** What the field is, with its unit, as a sentence. */
  readonly says: string;
  /** What counts where nothing is declared, after `Default: `; absent for a field that must be written. */
  readonly unsaid?: string;
  /** What a new guest gets where nothing is declared; absent where that is for Proxmox. */
  readonly made?: Value;
  /** What Proxmox takes an absent option for; absent where it is like no value. */
  readonly absent?: string;
  /** When a change is in force: at once, or with the next start of the guest. */
  readonly cost: 'live' | 'restart';
  /** Where Proxmox decides that. */
  readonly source: string;
  /** The key that the value has in the option, where Proxmox reads that as a property string of which Phoenix keeps this key alone. */
  readonly property?: string;
}

export interface Setting<Value> {
  /** Of `pct set` and `qm set`. */
  readonly option: string;
  /** The key of the option's property string, which settings of the same option share; absent: the value is the option. */
  readonly key?: string;
  /** For people: `set memory of container 101 to 4096 MB`. */
  readonly label: string;
  readonly unit?: string;
  /** What the file may hold. @param places where the value ends up, for the check against Proxmox's own table */
  readonly check: (places: readonly Becomes[]) => z.ZodType<Value>;
  /** How it is written in its option, for that check; absent: as it is. */
  write?(value: Value): string;
  /** The form in which two values of the option are compared. Absent: as they are written. */
  readonly normal?: (text: string) => string;
  /** Absent for a kind that does not have it. */
  readonly lxc?: Ways<Value>;
  readonly vm?: Ways<Value>;
  /** `vm_defaults` may say it for all VMs. */
  readonly inDefaults?: true;
}

/** Keeps what is declared as it is, so that types follow from it. */
export function setting<Value extends number | boolean | string>() {
  return <const Declared extends Setting<Value>>(declared: Declared): Declared => declared;
}

/** Where the value of a setting stands on command lines. */
export function placesOf<Value>(
  { option, write, lxc, vm }: Pick<Setting<Value>, 'option' | 'write' | GuestKind>,
  kind: GuestKind,
): Becomes[] {
  const rest = write === undefined ? {} : { write };
  return kind === 'lxc' ? inContainers(option, lxc?.property, rest) : inMachines(option, vm?.property, rest);
}
