// A setting of a guest, declared once: its field in the file, the option of Proxmox that it becomes, and how two values compare. The
// declarations are in settings.ts; schema, configuration, spec, plan, commands, impact and the page follow from them. What a change
// costs is Proxmox's rule for the option (src/proxmox/option-effects.ts).

import type { z } from 'zod';
import { type Becomes, inContainers, inMachines } from '../../../config/schema/option.ts';
import { bareKeyOf } from '../../../proxmox/guest-options.ts';

export type GuestKind = 'lxc' | 'vm';

/** How it is with one kind of guest. */
export interface Ways<Value> {
  /** What the field is, with its unit, as a sentence. */
  readonly describes: string;
  /** What counts where nothing is declared, after `Default: `; absent for a field that must be written. */
  readonly whenAbsent?: string;
  /** What a new guest gets where nothing is declared; absent where that is for Proxmox. */
  readonly made?: Value;
  /** What Proxmox takes an absent option for; absent where it is like no value. */
  readonly absent?: string;
  /** The key that the value has in the option, where Proxmox reads that as a property string of which Phoenix keeps this key alone. */
  readonly property?: string;
}

/** A list is one option's, each part declared by itself or all in this order. */
export type SettingValue = number | boolean | string | readonly string[];

export interface Setting<Value> {
  /** Of `pct set` and `qm set`. */
  readonly option: string;
  /** The key of the option's property string, which settings of the same option share; absent: the value is the option. */
  readonly key?: string;
  /** Field of another setting of the same option without which it means nothing. */
  readonly needs?: string;
  /** For people: `set memory of container 101 to 4096 MB`. */
  readonly label: string;
  readonly unit?: string;
  /** What the file may hold. @param places where the value ends up, for the check against Proxmox's own table */
  readonly check: (places: readonly Becomes[]) => z.ZodType<Value>;
  /** How it is written in its option; absent: as it is. A key's value is written as it is; only the check writes it so. */
  write?(value: Value): string;
  /** The inverse, for what is read back; undefined for what the field has no word for. */
  read?(text: string): Value | undefined;
  /** The form in which two values of the option are compared. Absent: as they are written. */
  readonly normal?: (text: string) => string;
  /** Whether what is set fulfils what is declared, though it says more. */
  readonly isMet?: (declared: string, now: string) => boolean;
  /** It belongs to what is on the disks: where nothing is declared, a clone keeps that of its source. */
  readonly isRetainedByClones?: true;
  /** Absent for a kind that does not have it. */
  readonly lxc?: Ways<Value>;
  readonly vm?: Ways<Value>;
  /** `vm_defaults` may say it for all VMs. */
  readonly inDefaults?: true;
}

/** Keeps what is declared as it is, so that types follow from it. */
export function setting<Value extends SettingValue>() {
  return <const Declared extends Setting<Value>>(declared: Declared): Declared => declared;
}

/** The value as an argument of Proxmox's programs: of the whole option, or of its key. */
export function settingText(one: Pick<Setting<SettingValue>, 'key' | 'write'>, value: SettingValue): string {
  if (one.write !== undefined && one.key === undefined) return one.write(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'object' ? value.join(';') : String(value);
}

/** The key that may stand without its name in the property string of a setting; `''` for none. */
export function bareOf(kind: GuestKind, { option }: Pick<Setting<SettingValue>, 'option'>): string {
  return bareKeyOf(kind === 'lxc' ? 'lxc' : 'qemu', option) ?? '';
}

/** Where the value of a setting stands on command lines: a key by itself, where `write` does not say the whole option. */
export function placesOf<Value>(
  { option, key, write, lxc, vm }: Pick<Setting<Value>, 'option' | 'key' | 'write' | GuestKind>,
  kind: GuestKind,
): Becomes[] {
  const own = write === undefined ? key : undefined;
  const rest = write === undefined ? {} : { write };
  return kind === 'lxc'
    ? inContainers(option, own ?? lxc?.property, rest)
    : inMachines(option, own ?? vm?.property, rest);
}
