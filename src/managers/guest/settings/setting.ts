// A setting of a guest, declared once: its field in the file, the Proxmox option that it becomes, and how two values compare. The declarations are in
// settings.ts; schema, configuration, spec, plan, commands, impact and documentation follow from them. The impact of a change is Proxmox's rule for
// the option (src/proxmox/guests/option-effects.ts).

import type { z } from 'zod';
import { type Becomes, inContainers, inMachines } from '../../../config/schema/option.ts';
import { bareKeyOf } from '../../../proxmox/guests/guest-options.ts';

export type GuestKind = 'lxc' | 'vm';

/** The setting for one kind of guest. */
export interface Ways<Value> {
  /** Description of the field with its unit, as a sentence. */
  readonly describes: string;
  /** What applies where nothing is declared, as text after `Default: `; absent for a required field. */
  readonly whenAbsent?: string;
  /** The value of a new guest where nothing is declared; absent where Proxmox decides. */
  readonly made?: Value;
  /** The value that an absent option is equal to; absent where it equals none. */
  readonly absent?: string;
  /** The key of the value in the option's property string, of which Phoenix manages this key only. */
  readonly property?: string;
}

/** A list belongs to one option, whose elements are declared individually or as a whole in this order. */
export type SettingValue = number | boolean | string | readonly string[];

export interface Setting<Value> {
  /** Option of `pct set` and `qm set`. */
  readonly option: string;
  /** The key of the option's property string, which settings of the same option share; absent: the value is the option. */
  readonly key?: string;
  /** Another setting of the same option that this one requires. */
  readonly needs?: string;
  /** Display name: `set memory of container 101 to 4096 MB`. */
  readonly label: string;
  readonly unit?: string;
  /** Schema of the field. @param places where the value is sent, to check it against Proxmox's own table */
  readonly check: (places: readonly Becomes[]) => z.ZodType<Value>;
  /** Formats the value for its option; absent: unchanged. A key's value is sent unchanged; only the check formats it. */
  write?(value: Value): string;
  /** The inverse of `write`; undefined for text that the field cannot express. */
  read?(text: string): Value | undefined;
  /** Canonical form of the option's value for comparison. Absent: the text itself. */
  readonly normal?: (text: string) => string;
  /** Whether the present value satisfies the declared one although they differ. */
  readonly isMet?: (declared: string, now: string) => boolean;
  /** It belongs to the content of the disks: where nothing is declared, a clone keeps its source's value. */
  readonly isRetainedByClones?: true;
  /** Absent for a kind that does not have it. */
  readonly lxc?: Ways<Value>;
  readonly vm?: Ways<Value>;
  /** `vm_defaults` may declare it for all VMs. */
  readonly inDefaults?: true;
}

/** Returns its argument; preserves the literal type of a declaration. */
export function setting<Value extends SettingValue>() {
  return <const Declared extends Setting<Value>>(declared: Declared): Declared => declared;
}

/** The value as an argument of Proxmox's programs: of the whole option, or of its key. */
export function settingText(one: Pick<Setting<SettingValue>, 'key' | 'write'>, value: SettingValue): string {
  if (one.write !== undefined && one.key === undefined) return one.write(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'object' ? value.join(';') : String(value);
}

/** The default key in a setting's property string, which may be written without its name; `''` for none. */
export function bareOf(kind: GuestKind, { option }: Pick<Setting<SettingValue>, 'option'>): string {
  return bareKeyOf(kind === 'lxc' ? 'lxc' : 'qemu', option) ?? '';
}

/** Where a setting's value is sent: as a single key, unless `write` formats the whole option. */
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
