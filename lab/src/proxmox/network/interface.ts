// One interface of /etc/network/interfaces as Proxmox's API has it (pve-common, PVE/Network/Interfaces.pm), and Perl's truth about its values.

export type Family = 'inet' | 'inet6';
export type Value = string | number | null;

export interface Interface {
  /** Properties by their names in the API, such as `bridge_ports` or `vlan-raw-device`; null where Proxmox has a key without a value. */
  readonly values: Map<string, Value>;
  /** In the order of their stanzas; null for a stanza without a family. Absent for an interface that only others name. */
  families: (Family | null)[] | undefined;
  /** Lines of stanzas that the API does not know, by the suffix of their family: `''` or `6`. */
  readonly options: Record<'' | '6', string[]>;
  readonly remoteAddresses: string[];
}

export type Interfaces = Map<string, Interface>;

/** The content of the file. */
export interface InterfacesFile {
  readonly interfaces: Interfaces;
  /** Lines outside of stanzas with their place: those of interfaces with a smaller priority come before them. */
  readonly lines: { readonly priority: number; readonly line: string }[];
}

export function newInterface(): Interface {
  return { values: new Map(), families: undefined, options: { '': [], 6: [] }, remoteAddresses: [] };
}

/** Perl takes an empty text and 0 for false. */
export function isTrue(value: Value | undefined): value is string | number {
  return value !== undefined && value !== null && value !== '' && value !== '0' && value !== 0;
}

/** The text of a property; empty where it has none. */
export function textOf(one: Interface | undefined, name: string): string {
  return String(one?.values.get(name) ?? '');
}

/** Words of a list of interfaces, separated by blanks. */
export function wordsOf(one: Interface | undefined, name: string): string[] {
  return textOf(one, name)
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** The bits of a mask such as `255.255.255.0`; undefined for another text. */
export function bitsOfMask(mask: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(mask)) return undefined;
  const binary = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(binary) && binary.length === 32 ? binary.replaceAll('0', '').length : undefined;
}

/** Options of Open vSwitch: `name=value` separated by blanks. Sets those that have a value and removes the others. */
export function setOvsOptions(one: Interface, changes: Readonly<Record<string, string | undefined>>): void {
  const pairs = wordsOf(one, 'ovs_options').flatMap((word): [string, string][] => {
    const [, name, value] = /^([^=]+)=(.*)$/.exec(word) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value]];
  });
  const options = new Map(pairs);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) options.delete(name);
    else options.set(name, value);
  }
  if (options.size === 0) one.values.delete('ovs_options');
  else one.values.set('ovs_options', [...options].map(([name, value]) => `${name}=${value}`).join(' '));
}

/** Removes an option of Open vSwitch and returns its value; undefined where there is none. */
export function takeOvsOption(one: Interface, name: string): string | undefined {
  const [, value] = new RegExp(`(?:^|\\s)${RegExp.escape(name)}=(\\S*)`).exec(textOf(one, 'ovs_options')) ?? [];
  setOvsOptions(one, { [name]: undefined });
  return value;
}
